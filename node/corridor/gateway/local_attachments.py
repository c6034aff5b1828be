"""Files over the local socket, a part at a time."""

import json
from collections.abc import Callable

from corridor.daemon.attachments import Attachments, Given
from corridor.daemon.offers import Answer as Offer
from corridor.wire.v1 import local_pb2 as local

Answer = Callable[[local.LocalRequest], local.LocalReply]


def attachment_answers(
    attachments: Callable[[], Attachments], result: Callable[[Offer], local.SubmitResult]
) -> dict[str | None, Answer]:
    """Return what answers each request about files, by the request's name."""

    def begin(request: local.LocalRequest) -> local.LocalReply:
        return _standing(attachments().begin(_given(request.attach_begin)), 0)

    def part(request: local.LocalRequest) -> local.LocalReply:
        asked = request.attach_part
        offset = attachments().part(asked.attachment_id, asked.offset, asked.content)
        return _standing(asked.attachment_id, offset)

    def finish(request: local.LocalRequest) -> local.LocalReply:
        asked = request.attach_finish
        answers = attachments().finish(asked.attachment_id, asked.sha256)
        done = local.AttachFinishReply(results=[result(one) for one in answers])
        return local.LocalReply(attach_finish=done)

    def rows(_request: local.LocalRequest) -> local.LocalReply:
        told = json.dumps({"attachments": attachments().rows()})
        return local.LocalReply(attach_list=local.AttachListReply(json=told))

    def read(request: local.LocalRequest) -> local.LocalReply:
        asked = request.attach_read
        manifest, content = attachments().read(asked.record_id, asked.index)
        told = local.AttachReadReply(
            content=content, name=manifest.name, size=manifest.size, sha256=manifest.sha256
        )
        return local.LocalReply(attach_read=told)

    return {
        "attach_begin": begin,
        "attach_part": part,
        "attach_finish": finish,
        "attach_give_up": lambda request: _given_up(attachments(), request),
        "attach_list": rows,
        "attach_read": read,
    }


def _given_up(attachments: Attachments, request: local.LocalRequest) -> local.LocalReply:
    attachments.give_up(request.attach_give_up.attachment_id)
    return _standing(request.attach_give_up.attachment_id, 0)


def _given(asked: local.AttachBeginRequest) -> Given:
    of_record = asked.of_record if asked.HasField("of_record") else None
    return Given(
        tuple(asked.recipients), asked.name, asked.media_type, asked.size, asked.header, of_record
    )


def _standing(attachment_id: bytes, offset: int) -> local.LocalReply:
    told = local.AttachStandingReply(attachment_id=attachment_id, offset=offset)
    return local.LocalReply(attach_standing=told)
