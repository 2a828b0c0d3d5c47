"""A relay that writes down what passes between a client (or ddltap) and a server, and the comparison of what both
sides saw.

    directly      client <--> recorder <--> server
    by ddltap     client <--> ddltap <--> recorder <--> server

A session is found again by the connection id in its greeting. Sessions over TLS cannot be read here.
"""

import re
import socket
import threading
import time

from wire import parse_greeting, patch_greeting, patch_response, read_lenenc

SECONDS = 30
FETCH = b"\x1c"
STATEMENT_COMMANDS = (b"\x17", b"\x18", b"\x19", b"\x1a", b"\x1c", b"\xfa")  # with an id behind the code


class Recording:
    """One connection: chunks, (direction, bytes) in the order in which they passed."""

    def __init__(self):
        self.chunks = []
        self.ended = {"C": False, "S": False}
        self.changed = threading.Condition()

    def add(self, direction, data):
        with self.changed:
            if data:
                self.chunks.append((direction, data))
            else:
                self.ended[direction] = True
            self.changed.notify_all()

    def stream(self, direction):
        with self.changed:
            return b"".join(data for way, data in self.chunks if way == direction)

    def events(self):
        """Packets with their heads, each at the place where its first byte passed."""
        with self.changed:
            chunks = list(self.chunks)
        found, unread, begun = [], {"C": bytearray(), "S": bytearray()}, {}
        for index, (way, data) in enumerate(chunks):
            bytes_of = unread[way]
            if not bytes_of:
                begun[way] = index
            bytes_of += data
            at = 0
            while len(bytes_of) - at >= 4:
                end = at + 4 + int.from_bytes(bytes_of[at : at + 3], "little")
                if end > len(bytes_of):
                    break
                found.append((begun[way], way, bytes(bytes_of[at:end])))
                at, begun[way] = end, index
            del bytes_of[:at]
        found += [(begun[way], way, bytes(rest)) for way, rest in unread.items() if rest]
        found.sort(key=lambda event: event[0])
        return [(way, data) for _, way, data in found]


class Recorder:
    """Listens on host and port, and connects to the server for each that comes.

    tamper(direction, data) -> data changes bytes between client and recorder, as a proxy with a fault would."""

    def __init__(self, host, port):
        self.server = (host, port)
        self.tamper = None
        self.recordings = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.host, self.port = self.listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            recording = Recording()
            self.recordings.append(recording)
            try:
                server = socket.create_connection(self.server, timeout=SECONDS)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for way, source, sink in (("C", client, server), ("S", server, client)):
                threading.Thread(
                    target=self._pass, args=(recording, way, source, sink), daemon=True
                ).start()

    def _pass(self, recording, way, source, sink):
        try:
            while data := source.recv(1 << 18):
                changed = self.tamper(way, data) if self.tamper else data
                recording.add(way, changed if way == "C" else data)
                sink.sendall(changed)
        except OSError:
            pass
        recording.add(way, b"")
        try:
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.listener.close()

    def find(self, connection_id):
        for recording in reversed(self.recordings):
            stream = recording.stream("S")
            if len(stream) > 40 and stream[4] == 10:
                if parse_greeting(stream[4:100]).connection_id == connection_id:
                    return recording
        raise AssertionError(f"connection {connection_id} did not pass the recorder")

    def forget(self):
        del self.recordings[:-8]


# --- what the proxy adds ------------------------------------------------------------------------------------------

# The texts that ddltap asks in the client's own session (capture/intercept/question.c).
QUESTIONS = re.compile(
    rb"\x03(?:\x00\x01)?"
    rb"(?:(?:BEGIN NOT ATOMIC EXECUTE IMMEDIATE ')?(?:VALUES \(|SELECT )"
    rb"CAST\(CONVERT\(DATABASE\(\) USING utf8mb4\) AS BINARY\), [^;]* LIMIT 1(?:'; END)?"
    rb"|SELECT SQL_CALC_FOUND_ROWS 1 FROM (?:DUAL WHERE 1=0|JSON_TABLE\([^;]*\) j LIMIT 0)"
    rb"|SHOW CREATE TABLE (?:`(?:[^`]|``)*`\.)?`(?:[^`]|``)*`)\Z",
    re.DOTALL,
)


def split_questions(events, client_sent):
    """Takes ddltap's questions and their answers out of the events: (what is left, the questions).

    A packet is a question if it reads like one and is not what the client has sent next. ddltap asks only
    when no answer is due, so all that the server says before the next packet to it answers the question."""
    expected = [data for way, data in client_sent if way == "C"]
    left, questions, asking = [], [], False
    for way, data in events:
        if way == "C":
            mine = bool(expected) and data == expected[0]
            asking = not mine and data[3:4] == b"\0" and bool(QUESTIONS.match(data[4:]))
            if asking:
                questions.append(data)
            elif expected:
                expected.pop(0)
        if not asking:
            left.append((way, data))
    return left, questions


# --- comparison ---------------------------------------------------------------------------------------------------


class Differs(AssertionError):
    pass


def show(data):
    if len(data) <= 120:
        return f"{len(data)} bytes {data!r}"
    return f"{len(data)} bytes {data[:80]!r} ... {data[-20:]!r}"


def compare_events(left, right, names):
    """Packet by packet; tells the first that differs and what came before."""
    for index in range(max(len(left), len(right))):
        a = left[index] if index < len(left) else ("nothing", b"")
        b = right[index] if index < len(right) else ("nothing", b"")
        if a == b:
            continue
        before = "\n".join(f"  {way} {show(data)}" for way, data in left[max(0, index - 3) : index])
        raise Differs(
            f"packet {index} differs after\n{before}\n{names[0]}: {a[0]} {show(a[1])}\n{names[1]}: {b[0]} {show(b[1])}"
        )


def compare_streams(left, right, names):
    if left == right:
        return
    at = next((i for i, (a, b) in enumerate(zip(left, right)) if a != b), min(len(left), len(right)))
    raise Differs(
        f"bytes differ from {at} on ({len(left)} and {len(right)} bytes)\n"
        f"{names[0]}: {left[max(0, at - 20) : at + 40]!r}\n{names[1]}: {right[max(0, at - 20) : at + 40]!r}"
    )


def clear_in_greeting(events, cleared):
    (way, data), *rest = events
    return [(way, data[:4] + patch_greeting(data[4:], cleared)), *rest]


def stream(events, direction):
    return b"".join(data for way, data in events if way == direction)


def compare_sides(client_events, recording, cleared):
    """What the client of a session through ddltap saw, and what its server saw: the same bytes, but for questions
    and for the bits in `cleared`. Returns the questions."""
    deadline = time.monotonic() + SECONDS
    sent = [("C", data) for data in physical(stream(client_events, "C"))]
    if len(sent) > 0:
        sent[0] = ("C", sent[0][1][:4] + patch_response(sent[0][1][4:], cleared))
    while True:
        left, questions = split_questions(recording.events(), sent)
        got, all_sent = stream(left, "C"), stream(sent, "C")
        if len(got) >= len(all_sent) or recording.ended["S"] or time.monotonic() > deadline:
            break
        time.sleep(0.01)  # what the client sent last may be on its way
    if recording.ended["S"] and got:
        all_sent = all_sent[: len(got)]  # the server left: it need not have got the last
    compare_streams(all_sent, got, ("client sent", "server got"))
    said = stream(left, "S")
    head, greeting = said[:4], said[4 : 4 + int.from_bytes(said[:3], "little")]
    expected = said if greeting[0] == 0xFF else head + patch_greeting(greeting, cleared) + said[4 + len(greeting) :]
    got = stream(client_events, "S")
    compare_streams(expected, got, ("server sent", "client got"))
    return questions


def compare_raw(client, recording):
    """Every byte of both directions, whatever it means: of a session in which nothing was asked."""
    deadline = time.monotonic() + SECONDS
    while len(recording.stream("C")) < len(client.raw["C"]) and time.monotonic() < deadline:
        time.sleep(0.01)
    compare_streams(bytes(client.raw["C"]), recording.stream("C"), ("client sent", "server got"))
    compare_streams(recording.stream("S"), bytes(client.raw["S"]), ("server sent", "client got"))


def physical(data):
    """A stream cut into packets; the last may be a part of one."""
    found, at = [], 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 3], "little")
        found.append(data[at:end])
        at = end
    return found


# --- masks --------------------------------------------------------------------------------------------------------
# Each takes events and gives events. What they hide differs between two sessions without a proxy, too.


def mask_greeting(events):
    """Connection id and salt of the greeting (MariaDB repeats it within COM_CHANGE_USER to those who speak an older
    protocol), and the salt of a plugin that the server switches to."""
    masked = []
    for way, data in events:
        payload = data[4:]
        if way == "S" and payload[:1] == b"\x0a" and (not masked or b"-MariaDB" in payload[:60]):
            payload = parse_greeting(payload).masked
        elif way == "S" and payload[:1] == b"\xfe" and b"_password\0" in payload:
            end = payload.index(b"_password\0") + len(b"_password\0")
            payload = payload[:end] + bytes(len(payload) - end)
        masked.append((way, data[:4] + payload))
    return masked


def mask_salted(events, salted):
    """What was made of a salt: scrambles and encrypted passwords of the client, and MariaDB's proof of its certificate
    (11.4 and later) in the login's OK."""
    masked = []
    for way, data in events:
        if way == "S":
            data = re.sub(rb"A\x01[0-9A-F]{64}", b"A\x01" + b"0" * 64, data)
        for secret in salted if way == "C" else ():
            data = data.replace(secret, bytes(len(secret)))
        masked.append((way, data))
    return masked


def mask_statements(events, statements):
    """Ids of prepared statements, which MariaDB counts over all sessions: each becomes its number in this one."""
    numbers = {name: bytes([index + 1, 0, 0, 0]) for index, name in enumerate(statements)}
    masked = []
    fetching = False  # the answer begins with a row at once, which may look like an answer to COM_STMT_PREPARE
    for way, data in events:
        name = data[5:9]
        if way == "C":
            named = data[4:5] in STATEMENT_COMMANDS
            fetching = data[4:5] == FETCH
        else:
            named = data[3:5] == b"\1\0" and len(data) >= 16 and not fetching
        if named and name in numbers:
            data = data[:5] + numbers[name] + data[9:]
        if way == "S" and data[4:5] == b"\xff":
            for name, masked_name in numbers.items():
                in_message = b"(%d)" % int.from_bytes(name, "little")
                data = repack(data, data[4:].replace(in_message, b"(%d)" % masked_name[0]))
        masked.append((way, data))
    return masked


def repack(data, payload):
    """A packet with another payload."""
    return len(payload).to_bytes(3, "little") + data[3:4] + payload


def mask_keys(events):
    """The RSA key of a server, which each makes for itself; its line ends stay."""
    key = re.compile(rb"(?<=KEY-----\n).*(?=\n-----END)", re.DOTALL)
    return [(way, key.sub(lambda found: re.sub(rb"[^\n]", b"A", found[0]), data)) for way, data in events]


def mask_numbers(events):
    """COM_STATISTICS: the figures in its one text. Its length is left out, too: they have more or fewer digits."""
    return [
        (way, re.sub(rb"[0-9.]+", b"9", data[3:])) if b"Uptime: " in data else (way, data)
        for way, data in events
    ]


def mask_process_info(events):
    """COM_PROCESS_INFO: its rows, which list every session with ids and times, and how many there are."""
    masked, rows, definitions = [], False, 0
    for way, data in events:
        if way == "C":
            rows = data[4:5] == b"\x0a"
            definitions = None
        elif rows and definitions is None:
            definitions = data[4] if data[4] < 0xFB else 0
        elif rows and definitions > 0:
            definitions -= 1
        elif rows and data[4] < 0xFB:
            continue
        elif rows:
            data = data[4:]  # the sequence counts the rows
        masked.append((way, data))
    return masked


def mask_progress(events):
    """Progress reports: how many there are and what they say, and with it the sequence of what follows."""
    masked, dropped = [], 0
    for way, data in events:
        if way == "S" and data[4:7] == b"\xff\xff\xff":
            dropped += 1
            if masked[-1] != ("S", b"progress"):
                masked.append(("S", b"progress"))
            continue
        if way == "C":
            dropped = 0
        masked.append((way, data[:3] + bytes([(data[3] - dropped) & 0xFF]) + data[4:] if data else data))
    return masked


COUNTED = re.compile(rb"(statement_id|last_gtid).[0-9-]+|.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):[0-9:-]+", re.DOTALL)


def mask_counters(events):
    """What the session trackers tell of the whole server's counters: global transaction identifiers and MySQL's
    statement_id: the numbers, and all lengths that count their digits."""
    return [
        (way, data[3:4] + mask_session_state(data[4:]) if way == "S" and COUNTED.search(data) else data)
        for way, data in events
    ]


def mask_session_state(payload):
    """An OK's payload, its changes of session state without lengths and counters."""
    _, at = read_lenenc(payload, 1)
    _, at = read_lenenc(payload, at)
    message, at = read_lenenc(payload, at + 4)  # status and warnings are before it
    end = at + message
    _, at = read_lenenc(payload, end)
    out = [payload[:end]]
    while at < len(payload):
        length, begin = read_lenenc(payload, at + 1)
        out += [payload[at : at + 1], COUNTED.sub(rb"\1\2 9", payload[begin : begin + length])]
        at = begin + length
    return b"".join(out)


def mask_binlog(events):
    """The events of a binary log: the log has grown between two runs, and they hold times."""
    begun = next((i for i, (way, data) in enumerate(events) if way == "C" and data[4:5] in (b"\x12", b"\x1e")), None)
    return events if begun is None else events[: begun + 1]
