from __future__ import annotations

import base64
import hashlib
import hmac

from ovrouter.session.turn import mint_credentials


def test_username_is_the_expiry_after_a_day_and_eight_alphanumerics():
    expiry_s, suffix = mint_credentials("key", 1_700_000_000_999).username.split(":")

    assert int(expiry_s) == 1_700_000_000 + 86_400
    assert len(suffix) == 8
    assert suffix.isalnum()


def test_credential_is_what_coturn_computes():
    minted = mint_credentials("key", 0)

    expected = hmac.new(b"key", minted.username.encode(), hashlib.sha1).digest()
    assert base64.b64decode(minted.credential) == expected


def test_no_two_are_alike():
    assert mint_credentials("key", 0) != mint_credentials("key", 0)


def test_repr_hides_the_credential():
    minted = mint_credentials("key", 0)

    assert minted.credential not in repr(minted)
