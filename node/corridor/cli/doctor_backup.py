"""Check of `corridor doctor` on backups: they are made, and somebody would be able to open them."""

from typing import Final

from corridor.cli.doctor_parts import Patient, Result, fail, ok, skip, warn
from corridor.cli.options import age
from corridor.errors import ConfigurationError

_MAKE: Final = "`corridor backup create --config ...` each night: a timer, or cron"


def backup(patient: Patient) -> list[Result]:
    """A backup key is named, and the newest backup is not old."""
    from corridor.daemon.backup import backup_is_due, last_backup_ms, read_public_key

    config, now_ms = patient.config, patient.now_ms
    named = config.backup.public_key_file
    if named is None:
        what = "no backup is configured"
        cure = "`corridor backup key --at FOLDER`, then name its backup.pub in [backup]"
        production = config.node.environment == "production"
        return [warn(f"{what}: with the disk all is lost", cure) if production else skip(what)]
    try:
        read_public_key(named)
    except ConfigurationError as error:
        return [fail(error.message, error.cure)]
    last_ms = last_backup_ms(config, now_ms)
    if last_ms is None:
        return [warn(f"no backup was made yet in {config.backup.directory}", _MAKE)]
    told = f"the last backup was made {age(now_ms, last_ms)} ago"
    return [warn(told, _MAKE) if backup_is_due(config, now_ms) else ok(told)]
