"""CUSTOM layouts: the operator's web page, shown by a browser without a screen in a process of its own (warm).

``composition.py`` is the router's side. The process (``process.py``) starts Xvfb for the pictures, PulseAudio for the
sound, and Chromium, which shows the page; the page joins the Session by itself, with openvidu-browser. What is seen and
heard goes to the same output as a grid does (``compose/output.py``).
"""
