"""What every test shares: where the real data lies, and hypothesis without a clock."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("remit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("remit")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the checkout."""
    data = SHARED / "data"
    if not data.is_dir():
        pytest.skip(f"real data is not beside this checkout (looked for {data.parent.name}/data)")
    return data
