"""Clocks that are wrong, of nodes and of certificates."""

from chaos.cases.case import GE, TR, Scene, case
from chaos.cases.certificates import (
    error_of,
    own_files,
    short,
    told_anew,
)
from chaos.cases.hands import certificate, write
from corridor.lab.broker_layout import authority
from corridor.seal.x509 import Usage

_HOUR_S = 3_600.0
_REFUSED = "corridor_frames_refused_total"


@case(
    24,
    "Clock an hour wrong, either way, at either side; a certificate that is not valid yet",
    "what seems to come from the future waits and is told; nothing is lost when the clock is right "
    "again; the certificate is refused until its time",
)
def skewed(scene: Scene) -> None:
    for code in (GE, TR):
        for hours in (1, -1):
            clock = scene.net.node(code).clock
            clock.put(hours * _HOUR_S)
            try:
                records = scene.submit(10)
                done = scene.complete(records, scene.s(6, 60))
                state = "complete at once" if done else "waits until the clock is right"
                scene.note(f"{code} {hours:+d} h: {state}")
            finally:
                clock.put(0)
            scene.expect(scene.complete(records), f"{code} {hours:+d} h: not complete afterwards")
    deferred = sum(scene.metric(code, _REFUSED, reason="mistimed") for code in (TR, GE))
    scene.bites(deferred, "nothing was told to come from the future")
    scene.note(f"{deferred:.0f} frames told as created in the future, and taken later")
    _not_yet(scene)


def _not_yet(scene: Scene) -> None:
    plan = scene.net.brokers[TR].plan
    with own_files(scene):
        early = certificate(
            authority(plan), plan.server_name, begins_s=2 * _HOUR_S, usage=Usage.SERVER
        )
        write(plan.pki / "server", early)
        told_anew(scene, TR)
        down = scene.wait(lambda: "tls_alert" in error_of(scene), 20)
        scene.bites(down, "a certificate of tomorrow was taken")
        scene.note(f"certificate not valid yet: {short(error_of(scene))}")
    told_anew(scene, TR)
    scene.need(scene.wait(lambda: scene.runs(GE), 40), "the link did not come back")
