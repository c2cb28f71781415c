"""The small requests about the session itself: time, accounts, log level."""

from adapters.gateway.clients import Client, Handler
from adapters.gateway.wire import whole
from adapters.gateway.world import World
from sellcore.instant import to_epoch

MANAGED_ACCOUNTS, NEXT_VALID_ID = 15, 9
_CURRENT_TIME, _FAMILY_CODES, _USER_INFO = 49, 78, 107


def handlers(world: World) -> dict[int, Handler]:
    """Return the handlers of requests that need nothing but the world."""

    def current_time(client: Client, fields: list[str]) -> None:
        client.send(_CURRENT_TIME, 1, to_epoch(world.told_time()))

    def managed_accounts(client: Client, fields: list[str]) -> None:
        client.send(MANAGED_ACCOUNTS, 1, world.scenario.account)

    def family_codes(client: Client, fields: list[str]) -> None:
        client.send(_FAMILY_CODES, 1, world.scenario.account, "")

    def user_info(client: Client, fields: list[str]) -> None:
        client.send(_USER_INFO, whole(fields[1]), "")

    def nothing(client: Client, fields: list[str]) -> None:
        """Take in setServerLogLevel and a second startApi, which need no answer."""

    return {
        14: nothing,
        17: managed_accounts,
        49: current_time,
        71: nothing,
        80: family_codes,
        104: user_info,
    }
