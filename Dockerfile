# An image with the demo: docker build -t pyserini-xqg . && docker run --rm pyserini-xqg demo
# PyTorch for Linux (x86-64) comes with several GB of CUDA libraries, unless PIP_OPTIONS names an index with a CPU build:
#   docker build --build-arg PIP_OPTIONS="--extra-index-url ADDRESS" ...
FROM python:3.12-slim
ARG PIP_OPTIONS=
RUN useradd --create-home user
USER user
WORKDIR /home/user
ENV PATH=/home/user/.local/bin:$PATH PIP_NO_CACHE_DIR=1
COPY --chown=user . pyserini-xqg
RUN pip install --user $PIP_OPTIONS -c pyserini-xqg/constraints.txt "./pyserini-xqg[demo,ct2]"
ENTRYPOINT ["xqg"]
CMD ["--help"]
