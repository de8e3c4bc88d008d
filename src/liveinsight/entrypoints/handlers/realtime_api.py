"""Tells who is here now: `GET /api/realtime`.

All is put together while the module is imported, which Lambda does with a whole processor.
"""

import os

from liveinsight.entrypoints.proxy import handler_of
from liveinsight.wiring.realtime_api import realtime_api

handler = handler_of(realtime_api(), os.environ.get("LIVEINSIGHT_ORIGIN_SECRET", ""))
