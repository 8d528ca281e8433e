"""Channels: one file each. A channel says whom it reaches and sends one message, or raises ``TransportError``.

The in-app channel needs no sending. Work chat (企业微信, 钉钉) and SMS get a file each and a line in ``CHANNELS``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dispatch.notify.channels import email, in_app
from dispatch.notify.channels.base import Channel, Letter, TransportError
from dispatch.notify.models import ChannelName

CHANNELS: Mapping[str, Channel] = MappingProxyType(
    {ChannelName.IN_APP.value: in_app.InApp(), ChannelName.EMAIL.value: email.Email()}
)

__all__ = ["CHANNELS", "Channel", "Letter", "TransportError"]
