from .exporting import export_index as export_index
from .settings import ExportSettings as ExportSettings
