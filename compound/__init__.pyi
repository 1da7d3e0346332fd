from .project import (
    Project as Project,
)
from .spec.python import (
    Graph as Graph,
)
from .spec.python import (
    first as first,
)
from .spec.python import (
    is_in as is_in,
)
from .spec.python import (
    length as length,
)
from .spec.python import (
    maybe as maybe,
)
from .spec.python import (
    to_python as to_python,
)

__version__: str
