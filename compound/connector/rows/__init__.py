"""Rows of files and Delta tables as JSON records with their place, and result files."""

from __future__ import annotations

from compound.connector.rows.row import CellKind, Row
from compound.connector.rows.sources import ENDINGS, read_rows
from compound.connector.rows.values import json_value
from compound.connector.rows.writing import ResultFile

__all__ = ["ENDINGS", "CellKind", "ResultFile", "Row", "json_value", "read_rows"]
