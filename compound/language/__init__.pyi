from .findings import Finding as Finding
from .findings import InvalidFile as InvalidFile
