from .query.query import (
    Prepared as Prepared,
)
from .service.asking import (
    Ask as Ask,
)
from .service.asking import (
    Asked as Asked,
)
from .service.lakehouse import (
    Lakehouse as Lakehouse,
)
from .service.workers import (
    Cancellation as Cancellation,
)
from .service.workers import (
    Stopped as Stopped,
)
from .service.writer import (
    AppTransaction as AppTransaction,
)
from .service.writer import (
    Written as Written,
)
from .service.writer import (
    write_table as write_table,
)
from .statement.customer import (
    unrestricted_tables as unrestricted_tables,
)
from .statement.guard import (
    Refused as Refused,
)
from .statement.guard import (
    Statement as Statement,
)
from .statement.guard import (
    guard as guard,
)
from .value.types import (
    Column as Column,
)
from .value.types import (
    CustomerKey as CustomerKey,
)
from .value.types import (
    Limits as Limits,
)
from .value.types import (
    QueryResult as QueryResult,
)
from .value.types import (
    Resources as Resources,
)
from .value.types import (
    TableInfo as TableInfo,
)
from .value.types import (
    TableOptions as TableOptions,
)
from .value.values import (
    json_type as json_type,
)
from .value.values import (
    not_finite as not_finite,
)
