"""Recordings: started, stopped, finished after a crash, listed (warm around cold).

``service.py`` is what the rest of the router sees. A *job* (``job.py``) records one Session in one output mode.
"""

from ovrouter.recording.recording import Recording, Status
from ovrouter.recording.service import Recordings, start_recordings

__all__ = ["Recording", "Recordings", "Status", "start_recordings"]
