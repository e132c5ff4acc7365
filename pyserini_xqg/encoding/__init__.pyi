from .bundled_model import multilingual_e5_small as multilingual_e5_small
from .encoder import TextEncoder as TextEncoder
from .folder import read_encoder as read_encoder
from .settings import EncoderSettings as EncoderSettings
