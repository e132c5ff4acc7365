#!/usr/bin/env bash
# xqg index under Slurm on this machine: a job that is requeued, and one that is cancelled. As root, with Debian's
# packages slurmctld, slurmd, slurm-client and munge, in an environment that has the extra cluster:
#   tests/cluster/slurm.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
export OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1 PYTHONPATH="$PWD"

work=$(mktemp -d)
daemons=()
trap 'kill "${daemons[@]}" 2>/dev/null || true; wait; rm -rf "$work"' EXIT
mkdir "$work/state" "$work/spool"
chmod 711 "$work"

dd if=/dev/urandom of="$work/munge.key" bs=1 count=1024 status=none
chmod 400 "$work/munge.key"
munged --foreground --force --socket="$work/munge.socket" --key-file="$work/munge.key" --pid-file="$work/munge.pid" \
    --seed-file="$work/munge.seed" --log-file="$work/munge.log" & daemons+=($!)
host=$(hostname -s)
cat > "$work/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=26817
SlurmdPort=26818
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge.socket
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobRequeue=1
KillWait=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=2000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$work/slurm.conf
slurmctld -D >"$work/slurmctld.out" 2>&1 & daemons+=($!)
slurmd -D -N "$host" >"$work/slurmd.out" 2>&1 & daemons+=($!)
until sinfo -h -o %T 2>/dev/null | grep -q idle; do sleep 1; done
echo "Slurm $(sinfo --version)"

python -m tests.cluster.material "$work/in" 2>/dev/null
build() {
    python -m pyserini_xqg index --quiet --corpus "$work/in/corpus.jsonl" --queries "$work/in/queries.jsonl" \
        --encoder "$work/in/model" --query-max-length 32 --passage-max-length 64 --alpha 0.2 --part-size 64 \
        --device cpu "$@"
}
submit() { build --executor slurm --tasks 4 --memory 1 --sbatch time=01:00:00 --output "$1"; }
build --output "$work/whole" >/dev/null

done_of() { find "$1.partial/parts" -name '*.json' 2>/dev/null | wc -l; }
running() { squeue -h -t R -o %i -n xqg-shard | tail -1; }
until_it_runs() {
    until [ "$(done_of "$1")" -ge 4 ] && [ -n "$(running)" ]; do sleep 0.2; done
}
until_all_is_done() { while [ -n "$(squeue -h -o %i)" ]; do sleep 1; done; }

echo "== a job that is requeued"
submit "$work/requeued"
until_it_runs "$work/requeued"
job=$(running)
echo "requeued $job with $(done_of "$work/requeued") of 63 parts done"
scontrol requeue "$job"
until_all_is_done
diff -r "$work/whole" "$work/requeued"
echo "the same bytes as of one process"

echo "== a job that is cancelled"
submit "$work/cancelled"
until_it_runs "$work/cancelled"
job=$(running)
echo "cancelled $job with $(done_of "$work/cancelled") of 63 parts done"
scancel "$job"
until_all_is_done
[ ! -e "$work/cancelled" ]
tail -n 1 "$work/cancelled.logs/finish.log"
submit "$work/cancelled"
until_all_is_done
diff -r "$work/whole" "$work/cancelled"
echo "the same bytes as of one process"
