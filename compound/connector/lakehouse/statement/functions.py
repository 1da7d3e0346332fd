"""Functions that SQL over the lakehouse can call.

An allow-list of pure functions. Excluded: functions that read files, settings, variables, sequences or the catalog,
write logs, sleep, run SQL from text, show bounds of the base table (`stats`), or build values of unbounded size.
"""

from __future__ import annotations

from typing import Final

_OPERATORS: Final = "!__postfix !~~ !~~* % & && * ** + - ->> -> / // < << <= <@ = > >= >> @ @> ^ ^@ | || ~ ~~ ~~* ~~~"

_NUMBERS: Final = """
abs acos acosh add asin asinh atan atan2 atanh bit_count cbrt ceil ceiling cos cosh cot degrees divide even
exp factorial fdiv floor fmod gamma gcd greatest greatest_common_divisor isfinite isinf isnan lcm least
least_common_multiple lgamma ln log log10 log2 mod multiply nextafter pi pow power radians round round_even
roundbankers sign signbit sin sinh sqrt subtract tan tanh trunc xor
"""

_TEXT: Final = """
array_extract ascii base64 bit_length char_length character_length chr concat concat_ws contains
damerau_levenshtein ends_with format format_bytes formatreadabledecimalsize formatreadablesize from_base64
from_hex hamming hash hex ilike_escape initcap instr jaccard jaro_similarity jaro_winkler_similarity lcase
left left_grapheme len length length_grapheme levenshtein like_escape lower ltrim md5 mismatches
nfc_normalize not_ilike_escape not_like_escape octet_length ord position prefix printf regexp_escape
regexp_extract regexp_extract_all regexp_full_match regexp_matches regexp_replace regexp_split_to_array
replace reverse right right_grapheme rtrim sha1 sha256 split split_part starts_with str_split
str_split_regex string_split string_split_regex string_to_array strip_accents strlen strpos substr substring
substring_grapheme suffix to_base64 to_hex translate trim ucase unhex unicode upper url_decode url_encode
"""

_TIME: Final = """
age ago century current_date date_add date_diff date_part date_sub date_trunc datediff datepart datesub
datetrunc day dayname dayofmonth dayofweek dayofyear days_in_month decade epoch epoch_ms epoch_ns epoch_us
era get_current_timestamp hour isodow isoyear julian last_day make_date make_time make_timestamp
make_timestamp_ms make_timestamp_ns make_timestamptz microsecond millennium millisecond minute month
monthname nanosecond normalized_interval now quarter second strftime strptime time_bucket timezone
timezone_hour timezone_minute to_centuries to_days to_decades to_hours to_microseconds to_millennia
to_milliseconds to_minutes to_months to_quarters to_seconds to_timestamp to_weeks to_years today
transaction_timestamp try_strptime week weekday weekofyear year yearweek
"""

_NESTED: Final = """
aggregate apply array_aggr array_aggregate array_append array_apply array_cat array_concat array_contains
array_distinct array_filter array_has array_has_all array_has_any array_indexof array_intersect array_length
array_pop_back array_pop_front array_position array_prepend array_push_back array_push_front array_reverse
array_reverse_sort array_select array_slice array_sort array_to_json array_to_string array_transform
array_unique array_value array_where array_zip cardinality element_at filter flatten from_json
from_json_strict json json_array json_array_length json_contains json_exists json_extract json_extract_path
json_extract_path_text json_extract_string json_group_array json_group_object json_keys json_merge_patch
json_object json_quote json_structure json_transform json_transform_strict json_type json_valid json_value
list_aggr list_aggregate list_any_value list_append list_apply list_avg list_bool_and list_bool_or list_cat
list_concat list_contains list_count list_distinct list_element list_extract list_filter list_first list_has
list_has_all list_has_any list_indexof list_intersect list_last list_max list_mean list_median list_min
list_mode list_pack list_position list_prepend list_product list_reverse list_reverse_sort list_select
list_slice list_sort list_string_agg list_sum list_transform list_unique list_value list_where list_zip map
map_concat map_contains map_entries map_extract map_extract_value map_from_entries map_keys map_values row
row_to_json struct_concat struct_contains struct_extract struct_extract_at struct_has struct_insert
struct_keys struct_pack struct_position struct_update struct_values to_json union_extract union_tag
union_value unnest
"""

_CONDITIONS: Final = "coalesce constant_or_null if ifnull nullif typeof pg_typeof"

_AGGREGATES: Final = """
any_value approx_count_distinct approx_quantile approx_top_k arbitrary arg_max arg_max_null arg_min
arg_min_null argmax argmin array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count count_if
count_star countif covar_pop covar_samp entropy favg first fsum geomean geometric_mean group_concat
histogram kahan_sum kurtosis kurtosis_pop last list listagg mad max max_by mean median min min_by mode
product quantile quantile_cont quantile_disc regr_avgx regr_avgy regr_count regr_intercept regr_r2
regr_slope regr_sxx regr_sxy regr_syy sem skewness stddev stddev_pop stddev_samp string_agg sum
sum_no_overflow sumkahan var_pop var_samp variance weighted_avg wavg
"""

_WINDOWS: Final = """
row_number rank dense_rank rank_dense percent_rank cume_dist ntile lag lead first_value last_value nth_value
fill
"""

FUNCTIONS: Final[frozenset[str]] = frozenset(
    " ".join((_OPERATORS, _NUMBERS, _TEXT, _TIME, _NESTED, _CONDITIONS, _AGGREGATES, _WINDOWS)).split()
)
"""Scalar functions, operators, aggregates and window functions, lower case."""

_SLOW: Final = """
damerau_levenshtein levenshtein jaro_similarity jaro_winkler_similarity regexp_extract_all regexp_replace
regexp_split_to_array str_split_regex string_split_regex left_grapheme length_grapheme right_grapheme
substring_grapheme nfc_normalize
"""

LONG: Final[frozenset[str]] = frozenset(_SLOW.split())
"""Functions that can take many seconds per call, during which DuckDB ignores interrupts."""

FORMATS: Final[frozenset[str]] = frozenset({"format", "printf"})
"""Functions whose first argument sets the length of the result."""

SIZED: Final[dict[str, int]] = {
    "repeat": 1,
    "lpad": 1,
    "rpad": 1,
    "list_resize": 1,
    "array_resize": 1,
    "bar": 3,
    "range": -1,
    "generate_series": -1,
}
"""Functions whose result size depends on an argument: its position (-1: each), which must be a literal."""

MAX_SIZE: Final = 10_000

TABLE_FUNCTIONS: Final[frozenset[str]] = frozenset({"unnest", "range", "generate_series", "json_each"})
