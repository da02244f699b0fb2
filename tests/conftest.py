"""What every test shares."""

import hypothesis

hypothesis.settings.register_profile("shared machine", deadline=None)  # wall-clock limits say nothing on a busy machine
hypothesis.settings.load_profile("shared machine")
