"""A small client that speaks the MySQL protocol packet by packet, so that a test can send whatever it likes and
see every byte that comes back.

    client = Client(host, port, capabilities=PLAIN | DEPRECATE_EOF)
    client.command(COM_QUERY, b"SELECT 1")      sends, and reads the whole answer
    client.send(b"\\x0e", sequence=7)            only sends
    client.read()                               one logical packet: its payload

All that passed is in client.events: ("C" | "S", the bytes of one packet with its head), in the order in which this
program sent and read them. Inside TLS these are the bytes before encryption. ("S", b"") is the end of the stream.

The answers are followed by code of this file alone, written from the protocol's description: that it finds
their ends is a second opinion on proxy/wire/result.c.
"""

import base64
import hashlib
import socket
import ssl
import struct
import zlib
from dataclasses import dataclass

SECONDS = 60  # no packet takes longer
CHUNK_MAX = 0xFFFFFF  # payload bytes of one packet


def bit(number):
    return 1 << number


CLIENT_MYSQL = bit(0)
LONG_FLAG = bit(2)
CONNECT_WITH_DB = bit(3)
COMPRESS = bit(5)
LOCAL_FILES = bit(7)
PROTOCOL_41 = bit(9)
SSL = bit(11)
TRANSACTIONS = bit(13)
SECURE_CONNECTION = bit(15)
MULTI_STATEMENTS = bit(16)
MULTI_RESULTS = bit(17)
PS_MULTI_RESULTS = bit(18)
PLUGIN_AUTH = bit(19)
CONNECT_ATTRS = bit(20)
LENENC_AUTH = bit(21)
EXPIRED_PASSWORDS = bit(22)
SESSION_TRACK = bit(23)
DEPRECATE_EOF = bit(24)
OPTIONAL_METADATA = bit(25)
ZSTD = bit(26)
QUERY_ATTRIBUTES = bit(27)
MARIADB_PROGRESS = bit(32)
MARIADB_BULK = bit(34)
MARIADB_EXTENDED_METADATA = bit(35)
MARIADB_CACHE_METADATA = bit(36)
MARIADB_UNIT_RESULTS = bit(37)

PLAIN = (
    LONG_FLAG
    | CONNECT_WITH_DB
    | LOCAL_FILES
    | PROTOCOL_41
    | TRANSACTIONS
    | SECURE_CONNECTION
    | MULTI_STATEMENTS
    | MULTI_RESULTS
    | PS_MULTI_RESULTS
    | PLUGIN_AUTH
    | CONNECT_ATTRS
    | LENENC_AUTH
    | SESSION_TRACK
)
# All that a server may offer, but for what changes the connection itself, and NO_SCHEMA, which forbids `a.b`.
EVERYTHING = (bit(38) - 1) & ~(bit(4) | COMPRESS | SSL | ZSTD)

COM_SLEEP = 0x00
COM_QUIT = 0x01
COM_INIT_DB = 0x02
COM_QUERY = 0x03
COM_FIELD_LIST = 0x04
COM_CREATE_DB = 0x05
COM_DROP_DB = 0x06
COM_REFRESH = 0x07
COM_SHUTDOWN = 0x08
COM_STATISTICS = 0x09
COM_PROCESS_INFO = 0x0A
COM_CONNECT = 0x0B
COM_PROCESS_KILL = 0x0C
COM_DEBUG = 0x0D
COM_PING = 0x0E
COM_TIME = 0x0F
COM_DELAYED_INSERT = 0x10
COM_CHANGE_USER = 0x11
COM_BINLOG_DUMP = 0x12
COM_TABLE_DUMP = 0x13
COM_CONNECT_OUT = 0x14
COM_REGISTER_SLAVE = 0x15
COM_STMT_PREPARE = 0x16
COM_STMT_EXECUTE = 0x17
COM_STMT_SEND_LONG_DATA = 0x18
COM_STMT_CLOSE = 0x19
COM_STMT_RESET = 0x1A
COM_SET_OPTION = 0x1B
COM_STMT_FETCH = 0x1C
COM_DAEMON = 0x1D
COM_BINLOG_DUMP_GTID = 0x1E
COM_RESET_CONNECTION = 0x1F
COM_CLONE = 0x20
COM_SUBSCRIBE_GROUP_REPLICATION_STREAM = 0x21
COM_STMT_BULK_EXECUTE = 0xFA  # MariaDB

MORE_RESULTS = 0x0008
CURSOR_EXISTS = 0x0040
PS_OUT_PARAMS = 0x1000

OK, EOF, ERROR, INFILE, MORE_DATA = 0x00, 0xFE, 0xFF, 0xFB, 0x01
PROGRESS_CODE = 0xFFFF

DOUBLE, LONGLONG, DATETIME, BLOB, VAR_STRING = 0x05, 0x08, 0x0C, 0xFC, 0xFD
READ_ONLY_CURSOR, COUNT_IS_SENT = 1, 8  # flags of COM_STMT_EXECUTE


class Closed(Exception):
    """The other side has closed the connection."""


# --- bytes --------------------------------------------------------------------------------------------------------


def packets(payload, sequence=0):
    """A payload as packets: split at 0xFFFFFF, an exact multiple ends with an empty one."""
    out = []
    for at in range(0, len(payload) + 1, CHUNK_MAX):
        chunk = payload[at : at + CHUNK_MAX]
        out.append(struct.pack("<I", len(chunk))[:3] + bytes([sequence & 0xFF]) + chunk)
        sequence += 1
    return out


def lenenc(number):
    if number < 0xFB:
        return bytes([number])
    if number < 1 << 16:
        return b"\xfc" + struct.pack("<H", number)
    if number < 1 << 24:
        return b"\xfd" + struct.pack("<I", number)[:3]
    return b"\xfe" + struct.pack("<Q", number)


def text(value):
    return lenenc(len(value)) + value


def read_lenenc(payload, at=0):
    """The number at `at`, and where it ends."""
    first = payload[at]
    if first < 0xFB:
        return first, at + 1
    size = {0xFC: 2, 0xFD: 3, 0xFE: 8}[first]
    return int.from_bytes(payload[at + 1 : at + 1 + size], "little"), at + 1 + size


def error_code(payload):
    return int.from_bytes(payload[1:3], "little")


def parameters(values, names=False):
    """NULL bitmap, types and values of COM_STMT_EXECUTE, or attributes with their names.

    values: (type, encoded bytes or None) or (name, type, encoded bytes or None)."""
    values = [value if names else (b"", *value) for value in values]
    bitmap = bytearray((len(values) + 7) // 8)
    for index, (_, _, value) in enumerate(values):
        if value is None:
            bitmap[index // 8] |= 1 << index % 8
    types = b"".join(
        struct.pack("<H", kind) + (text(name) if names else b"") for name, kind, _ in values
    )
    return bytes(bitmap) + b"\x01" + types + b"".join(value for _, _, value in values if value is not None)


# --- the handshake ------------------------------------------------------------------------------------------------


@dataclass
class Greeting:
    version: bytes
    connection_id: int
    salt: bytes
    capabilities: int
    plugin: bytes
    masked: bytes  # the payload with connection id and salt zeroed, which differ each time

    @property
    def mariadb(self):
        return not self.capabilities & CLIENT_MYSQL


def parse_greeting(payload):
    end = payload.index(b"\0", 1)
    at = end + 1
    connection_id, salt, low, _, _, high, length = struct.unpack_from("<I8sxHBHHB", payload, at)
    capabilities = low | high << 16
    if not capabilities & CLIENT_MYSQL:
        capabilities |= int.from_bytes(payload[at + 27 : at + 31], "little") << 32
    rest = max(13, length - 8)
    more = payload[at + 31 : at + 31 + rest]
    plugin = payload[at + 31 + rest :].rstrip(b"\0")
    masked = bytearray(payload)
    masked[at : at + 12] = bytes(12)
    masked[at + 31 : at + 31 + rest] = bytes(rest)
    return Greeting(
        payload[1:end], connection_id, salt + more.rstrip(b"\0"), capabilities, plugin, bytes(masked)
    )


def patch_greeting(payload, clear):
    """The greeting with these capabilities cleared."""
    at = payload.index(b"\0", 1) + 1 + 13  # behind version, connection id, first part of the salt and its NUL
    patched = bytearray(payload)
    for place, shift in ((at, 0), (at + 1, 8), (at + 5, 16), (at + 6, 24)):
        patched[place] &= ~(clear >> shift) & 0xFF
    return bytes(patched)


def patch_response(payload, clear):
    """The response, or the SSL request, with these capabilities cleared."""
    if len(payload) < 32:
        return payload  # none that anybody could know
    (low,) = struct.unpack_from("<I", payload)
    return struct.pack("<I", low & ~clear) + payload[4:]


def native_scramble(password, salt):
    if not password:
        return b""
    once = hashlib.sha1(password).digest()
    mix = hashlib.sha1(salt[:20] + hashlib.sha1(once).digest()).digest()
    return bytes(a ^ b for a, b in zip(once, mix))


def sha2_scramble(password, salt):
    if not password:
        return b""
    once = hashlib.sha256(password).digest()
    mix = hashlib.sha256(hashlib.sha256(once).digest() + salt[:20]).digest()
    return bytes(a ^ b for a, b in zip(once, mix))


SCRAMBLES = {
    b"mysql_native_password": native_scramble,
    b"caching_sha2_password": sha2_scramble,
    b"sha256_password": lambda password, salt: b"\x01" if password else b"",  # asks for the key
    b"mysql_clear_password": lambda password, salt: password + b"\0",
}


def read_public_key(pem):
    """Modulus and exponent of a public key in PEM: the two INTEGERs at the end of its DER."""
    der = base64.b64decode(b"".join(pem.strip().split(b"\n")[1:-1]))

    def element(at):
        length, at = der[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(der[at : at + size], "big"), at + size
        return at, at + length

    inside, _ = element(0)  # SEQUENCE: algorithm, BIT STRING
    _, behind = element(inside)
    bits, _ = element(behind)
    numbers, _ = element(bits + 1)  # SEQUENCE: modulus, exponent
    start, end = element(numbers)
    modulus = int.from_bytes(der[start:end], "big")
    start, end = element(end)
    return modulus, int.from_bytes(der[start:end], "big")


def encrypt_oaep(message, pem):
    """RSA with OAEP and SHA-1, as caching_sha2_password wants it. The seed is fixed: this guards no secret."""
    modulus, exponent = read_public_key(pem)
    size = (modulus.bit_length() + 7) // 8

    def mask(seed, length):
        out = b"".join(
            hashlib.sha1(seed + struct.pack(">I", counter)).digest() for counter in range(length // 20 + 1)
        )
        return out[:length]

    def xor(a, b):
        return bytes(x ^ y for x, y in zip(a, b))

    block = hashlib.sha1(b"").digest() + bytes(size - len(message) - 42) + b"\x01" + message
    seed = bytes(range(20))
    block = xor(block, mask(seed, len(block)))
    seed = xor(seed, mask(block, 20))
    return pow(int.from_bytes(b"\0" + seed + block, "big"), exponent, modulus).to_bytes(size, "big")


# --- the client ---------------------------------------------------------------------------------------------------


class Client:
    """A session. capabilities: what the response says, if the server offers it (exact=True: in any case)."""

    def __init__(
        self,
        host,
        port,
        capabilities=PLAIN,
        user=b"root",
        password=b"",
        database=b"bankroll",
        attributes=((b"program_name", b"conformance"),),
        tls=False,
        exact=False,
        plugin=None,
        login=True,
    ):
        self.events = []
        self.salted = []  # what was made of a salt: another each time
        self.statements = []  # ids of prepared statements: MariaDB counts them over all sessions
        self.files = {}  # answers to LOCAL INFILE: name -> list of payloads, the last one empty
        self.user, self.password, self.database, self.attributes = user, password, database, attributes
        self.tls, self.plugin = tls, plugin
        self.unread = bytearray()
        self.raw = {"C": bytearray(), "S": bytearray()}  # as the socket had it, compressed or not
        self.compressed = False
        self.unread_frames = bytearray()
        self.frame_sequence = 0
        self.sequence = 0  # of the next packet of a dialogue
        self.socket = socket.create_connection((host, port), timeout=SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        first = self.read()
        self.refused = first[0] == ERROR
        if self.refused:
            return
        self.greeting = parse_greeting(first)
        self.salt = self.greeting.salt
        offered = self.greeting.capabilities
        self.capabilities = capabilities if exact else capabilities & offered
        if tls:
            self.capabilities |= SSL
        if self.greeting.mariadb and self.capabilities >> 32:
            self.capabilities &= ~CLIENT_MYSQL
        self.sent_capabilities = self.capabilities
        self.capabilities &= offered
        if login:
            self.log_in()

    @property
    def mariadb(self):
        return self.greeting.mariadb

    @property
    def connection_id(self):
        return self.greeting.connection_id

    def has(self, capability):
        return bool(self.capabilities & capability)

    # packets

    def send_bytes(self, *chunks):
        """Whatever bytes, in one write; each chunk is one event."""
        self.events.extend(("C", bytes(chunk)) for chunk in chunks)
        data = b"".join(self._frame(chunk) if self.compressed else chunk for chunk in chunks)
        self.raw["C"] += data
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            self.events.append(("S", b""))
            raise Closed from None

    def _frame(self, packet):
        """A packet in a compressed frame; long ones compressed indeed. A command begins the count anew."""
        if packet[3] == 0:
            self.frame_sequence = 0
        deflated = zlib.compress(packet) if len(packet) >= 50 else b""
        sequence, self.frame_sequence = self.frame_sequence & 0xFF, self.frame_sequence + 1
        data, length = (deflated, len(packet)) if deflated else (packet, 0)
        return len(data).to_bytes(3, "little") + bytes([sequence]) + length.to_bytes(3, "little") + data

    def send(self, payload, sequence=0):
        chunks = packets(payload, sequence)
        self.sequence = sequence + len(chunks)
        self.send_bytes(*chunks)

    def _take(self, count):
        while len(self.unread) < count:
            more = self._receive()
            if not more:
                self.events.append(("S", bytes(self.unread)))
                self.unread.clear()
                raise Closed
            self.unread += more
        taken = bytes(self.unread[:count])
        del self.unread[:count]
        return taken

    def _receive(self):
        """More of the stream of packets; nothing at its end."""
        try:
            more = self.socket.recv(1 << 18)
        except (ConnectionResetError, ssl.SSLEOFError):
            more = b""
        self.raw["S"] += more
        if not self.compressed or not more:
            return more
        self.unread_frames += more
        plain, at = b"", 0
        while len(self.unread_frames) - at >= 7:
            head = self.unread_frames[at : at + 7]
            end = at + 7 + int.from_bytes(head[:3], "little")
            if end > len(self.unread_frames):
                break
            data = bytes(self.unread_frames[at + 7 : end])
            plain += zlib.decompress(data) if any(head[4:]) else data
            self.frame_sequence, at = head[3] + 1, end
        del self.unread_frames[:at]
        return plain or self._receive()

    def read(self):
        """The payload of the next logical packet."""
        payloads = []
        while True:
            head = self._take(4)
            length = int.from_bytes(head[:3], "little")
            payloads.append(self._take(length))
            self.events.append(("S", head + payloads[-1]))
            self.sequence = head[3] + 1
            if length < CHUNK_MAX:
                return b"".join(payloads) if len(payloads) > 1 else payloads[0]

    def read_until_closed(self):
        """Payloads until the server closes."""
        payloads = []
        try:
            while True:
                payloads.append(self.read())
        except Closed:
            return payloads

    def close(self):
        self.socket.close()

    # login

    def scramble(self, plugin):
        made = SCRAMBLES[plugin](self.password, self.salt)
        if plugin in (b"mysql_native_password", b"caching_sha2_password") and made:
            self.salted.append(made)
        return made

    def _fixed_part(self):
        return struct.pack("<IIB", self.sent_capabilities & 0xFFFFFFFF, 1 << 30, 45) + bytes(
            19
        ) + struct.pack("<I", self.sent_capabilities >> 32)

    def response(self):
        plugin = self.plugin or self.greeting.plugin
        scramble = self.scramble(plugin)
        parts = [self._fixed_part(), self.user + b"\0"]
        if self.sent_capabilities & LENENC_AUTH:
            parts.append(text(scramble))
        else:
            parts.append(bytes([len(scramble)]) + scramble)
        if self.sent_capabilities & CONNECT_WITH_DB:
            parts.append(self.database + b"\0")
        if self.sent_capabilities & PLUGIN_AUTH:
            parts.append(plugin + b"\0")
        if self.sent_capabilities & CONNECT_ATTRS:
            parts.append(self._attributes())
        if self.sent_capabilities & ZSTD:
            parts.append(b"\x03")
        return b"".join(parts)

    def _attributes(self):
        return text(b"".join(text(name) + text(value) for name, value in self.attributes))

    def log_in(self):
        if self.tls:
            self.send(self._fixed_part(), 1)
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)
        self.send(self.response(), self.sequence)
        answer = self.authenticate()
        self.compressed = self.has(COMPRESS) and not self.refused
        return answer

    def authenticate(self):
        """Follows the exchange to its OK or ERR."""
        while True:
            payload = self.read()
            if payload[0] in (OK, ERROR):
                self.refused = payload[0] == ERROR
                return payload
            if payload[0] == EOF:
                plugin, _, salt = payload[1:].partition(b"\0")
                self.salt = salt.rstrip(b"\0")
                self.send(self.scramble(plugin), self.sequence)
            elif payload == b"\x01\x04":
                self._full_authentication()
            elif payload.startswith(b"\x01-----BEGIN"):
                self._send_encrypted(payload[1:])
            elif payload != b"\x01\x03":
                raise AssertionError(f"authentication: {payload!r}")

    def _full_authentication(self):
        """caching_sha2_password, when the server has not got the account in its cache."""
        if self.tls:
            self.send(self.password + b"\0", self.sequence)
        else:
            self.send(b"\x02", self.sequence)
            self._send_encrypted(self.read()[1:])

    def _send_encrypted(self, key):
        """The password for the server's public key, mixed with the salt."""
        password = self.password + b"\0"
        mixed = bytes(byte ^ self.salt[i % 20] for i, byte in enumerate(password))
        self.salted.append(encrypt_oaep(mixed, key))
        self.send(self.salted[-1], self.sequence)

    # commands

    def change_user_payload(self, user, password=b"", database=b"bankroll", plugin=None):
        self.user, self.password = user, password
        plugin = plugin or self.greeting.plugin
        scramble = self.scramble(plugin)
        parts = [user + b"\0", bytes([len(scramble)]) + scramble, database + b"\0", b"\x2d\0"]
        if self.has(PLUGIN_AUTH):
            parts.append(plugin + b"\0")
        if self.has(CONNECT_ATTRS):
            parts.append(self._attributes())
        return b"".join(parts)

    def change_user(self, user, password=b"", database=b"bankroll", plugin=None):
        self.send(bytes([COM_CHANGE_USER]) + self.change_user_payload(user, password, database, plugin))
        return self.authenticate()

    def command(self, code, payload=b""):
        """Sends it and reads its whole answer: the list of its packets' payloads."""
        self.send(bytes([code]) + payload)
        return self.answer(code)

    def query(self, sql, attributes=()):
        return self.command(COM_QUERY, self.query_payload(sql, attributes))

    def query_payload(self, sql, attributes=()):
        if isinstance(sql, str):
            sql = sql.encode()
        if not self.has(QUERY_ATTRIBUTES):
            return sql
        described = parameters(attributes, names=True) if attributes else b""
        return lenenc(len(attributes)) + b"\x01" + described + sql

    def prepare(self, sql):
        """The id of the statement, or None when it cannot be prepared."""
        first = self.command(COM_STMT_PREPARE, sql.encode() if isinstance(sql, str) else sql)[0]
        return None if first[0] == ERROR else int.from_bytes(first[1:5], "little")

    def execute_payload(self, statement, values=(), flags=0, attributes=(), known=False):
        """known: types that an earlier execution told are not told again."""
        head = struct.pack("<IBI", statement, flags, 1)
        if self.has(QUERY_ATTRIBUTES):
            if not values and not flags & COUNT_IS_SENT:
                return head
            named = [(b"", *value) for value in values] + list(attributes)
            count = lenenc(len(named)) if values or flags & COUNT_IS_SENT else b""
            return head + count + (parameters(named, names=True) if named else b"")
        if not values:
            return head
        described = parameters(values)
        if known:
            bitmap = (len(values) + 7) // 8
            described = described[:bitmap] + b"\0" + described[bitmap + 1 + 2 * len(values) :]
        return head + described

    def execute(self, statement, values=(), **options):
        return self.command(COM_STMT_EXECUTE, self.execute_payload(statement, values, **options))

    def send_only(self, code, payload=b""):
        self.send(bytes([code]) + payload)

    # answers

    def answer(self, code):
        seen = []
        shape = {
            COM_QUIT: self._closes,
            COM_QUERY: self._results,
            COM_PROCESS_INFO: self._results,
            COM_STMT_EXECUTE: self._results,
            COM_STMT_BULK_EXECUTE: self._results,
            COM_STMT_PREPARE: self._prepared,
            COM_STMT_FETCH: self._rows,
            COM_FIELD_LIST: self._rows,
            COM_STMT_SEND_LONG_DATA: lambda seen: None,
            COM_STMT_CLOSE: lambda seen: None,
        }.get(code, self._next)
        shape(seen)
        return seen

    def _next(self, seen):
        """A packet of the answer, and every progress report before it."""
        while True:
            seen.append(self.read())
            if seen[-1][:1] != b"\xff" or error_code(seen[-1]) != PROGRESS_CODE:
                return seen[-1]

    def _closes(self, seen):
        seen.extend(self.read_until_closed())

    def _status(self, payload):
        if len(payload) == 5:
            return int.from_bytes(payload[3:5], "little")
        _, at = read_lenenc(payload, 1)
        _, at = read_lenenc(payload, at)
        return int.from_bytes(payload[at : at + 2], "little")

    def _results(self, seen):
        while True:
            first = self._next(seen)
            if first[0] == ERROR:
                return
            if first[0] == INFILE:
                self.send_file(first[1:])
                continue
            if first[0] in (OK, EOF):
                status = self._status(first)
            else:
                status = self._result_set(first, seen)
            if status is None or not status & MORE_RESULTS:
                return

    def _result_set(self, first, seen):
        """The status at its end; None after an ERR."""
        columns, at = read_lenenc(first)
        if at == len(first) or first[at] != 0:
            for _ in range(columns):
                self._next(seen)
        if not self.has(DEPRECATE_EOF):
            status = self._status(self._next(seen))
            if status & CURSOR_EXISTS:
                return status
            if status & PS_OUT_PARAMS:  # MySQL tells of more results here, and not behind the rows
                end = self._rows(seen)
                return end if end is None else end | status & MORE_RESULTS
        return self._rows(seen)

    def _rows(self, seen):
        while True:
            row = self._next(seen)
            if row[:1] == b"\xff":
                return None
            if row[:1] == b"\xfe" and len(row) < CHUNK_MAX:
                return self._status(row)

    def _prepared(self, seen):
        first = self._next(seen)
        if first[0] == ERROR:
            return
        self.statements.append(first[1:5])
        columns, count = struct.unpack_from("<HH", first, 5)
        described = not (self.has(OPTIONAL_METADATA) and len(first) > 12 and first[12] == 0)
        for definitions in (count, columns):
            if definitions == 0:
                continue
            for _ in range(definitions if described else 0):
                self._next(seen)
            if not self.has(DEPRECATE_EOF):
                self._next(seen)

    def send_file(self, name):
        for payload in self.files.get(name, [b""]):
            self.send(payload, self.sequence)
