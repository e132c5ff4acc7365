from .builder import XqgIndexBuilder as XqgIndexBuilder
from .formula import augment as augment
from .kept_vectors import KeptVectors as KeptVectors
from .settings import AugmentationSettings as AugmentationSettings
from .settings import IndexSettings as IndexSettings
from .settings import read_augmentation as read_augmentation
