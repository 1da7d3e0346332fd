from .service.writer import AppTransaction as AppTransaction
from .service.writer import ArrowStream as ArrowStream
from .service.writer import Written as Written
from .service.writer import write_table as write_table
