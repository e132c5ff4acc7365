from .encoding.encoder import TextEncoder as TextEncoder
from .encoding.settings import EncoderSettings as EncoderSettings
from .errors import XqgError as XqgError
from .generation.backends.by_name import make_generator as make_generator
from .generation.builder import XqgQueryBuilder as XqgQueryBuilder
from .indexing.builder import XqgIndexBuilder as XqgIndexBuilder
from .indexing.settings import AugmentationSettings as AugmentationSettings
from .plugin.encoders import XqgDocumentEncoder as XqgDocumentEncoder
from .plugin.encoders import XqgQueryEncoder as XqgQueryEncoder

__version__: str
