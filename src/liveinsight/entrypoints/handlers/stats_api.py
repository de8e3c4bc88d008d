"""Tells the past: `GET /api/stats`, `POST /api/query` and its kin, exports.

All is put together while the module is imported, which Lambda does with a whole processor.
"""

import asyncio
import os

from liveinsight.entrypoints.proxy import handler_of
from liveinsight.wiring.stats_api import stats_api

handler = handler_of(
    stats_api(), os.environ.get("LIVEINSIGHT_ORIGIN_SECRET", ""), asyncio.Runner().run
)
