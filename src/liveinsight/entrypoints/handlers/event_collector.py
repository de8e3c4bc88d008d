"""Takes events: `POST /api/events`, the pixel, CSRF tokens.

All is put together while the module is imported, which Lambda does with a whole processor.
"""

import os

from liveinsight.entrypoints.proxy import handler_of
from liveinsight.wiring.event_collector import event_collector

handler = handler_of(event_collector(), os.environ.get("LIVEINSIGHT_ORIGIN_SECRET", ""))
