from .json import as_json as as_json
from .latex import as_latex as as_latex
from .report import make_report as make_report
from .report_files import ReportFiles as ReportFiles
from .text import as_text as as_text
from .tsv import as_tsv as as_tsv
