/*
 * live PORT CLIENTS OPERATION_ENTRIES WARM_UP_MS
 *
 * So many clients at the head of a stream, in one thread. Asks the server for its header, starts all of them at its total
 * entries, and prints {"from": TOTAL_ENTRIES} when all have been told OK. Entries from there on must come in operations of
 * OPERATION_ENTRIES, the last of which has in the first 8 bytes of its data the time of its commit (u64, nanoseconds of
 * CLOCK_MONOTONIC). Checks that numbers are consecutive for each client.
 *
 * When the line `to NUMBER` has come on standard input it goes on until every client that is still connected has all
 * entries before that number, or until nothing has come for 10 seconds, prints what it saw and ends:
 *
 *   samples                    (client, operation) pairs whose time was taken: of operations that were committed after the
 *                              warm-up, which takes WARM_UP_MS from the first entry on, and until every client has one
 *   p50, p90, p99, p999, max   of those times, in µs: from the commit to the read that brought the operation's last byte
 *   gaps, repeats              entries that were left out, and that came again
 *   closed                     clients whose connection ended
 *   entries, fewest            entries received by all, and by the client that has fewest; the warm-up included
 *   pause                      longest time, in µs, in which a client that waited for more got nothing, after the warm-up
 *
 * A client takes less than 100 bytes here: of a packet only its beginning is kept.
 */
#include "samples.h"
#include "wire.h"
#include <fcntl.h>
#include <stdbool.h>
#include <sys/epoll.h>

enum {
  STREAM_TYPE = 1,
  START = 1,
  HEADER = 3,
  ENTRY_PACKET = 2,
  RESULT_PACKET = 0xff,
  PACKET_HEAD_BYTES = 5,
  RESULT_HEAD_BYTES = 9,
  ENTRY_HEAD_BYTES = 17,
  HEADER_BYTES = 38,
  /* Of an entry: its head and the stamp. The most that is kept of a packet. */
  KEPT_BYTES = ENTRY_HEAD_BYTES + 8,
  READ_BYTES = 256 * 1024,
  EVENTS = 1024,
  /* Clients that have not been told OK at a time: fewer than a server's backlog takes. */
  MOST_JOINING = 200,
  PATIENCE_MS = 10000,
};

struct client {
  int fd; /* -1: closed */
  bool told_ok;
  uint8_t kept;          /* bytes of the packet's beginning that are there */
  uint32_t left;         /* bytes of the packet's end that are to be skipped */
  uint64_t next;         /* number of the entry to come */
  uint64_t entries;
  uint64_t heard;        /* when something came last */
  unsigned char packet[KEPT_BYTES];
};

static uint16_t port;
static size_t client_count;
static uint64_t operation_entries, warm_up, from, to = UINT64_MAX;
static struct client *clients;
static int epoll;

static size_t dialled, joined, with_entries, closed, done;
static uint64_t first_entry_at, counted_from = UINT64_MAX; /* times */
static uint64_t gaps, repeats, longest_pause;

static void read_exactly(int fd, unsigned char *into, size_t length) {
  if (recv(fd, into, length, MSG_WAITALL) != (ssize_t)length) fail("the server gave no header");
}

static uint64_t ask_total_entries(void) {
  unsigned char command[16], answer[4096];
  int fd = dial(port);
  put64(command, HEADER);
  put64(command + 8, STREAM_TYPE);
  say(fd, command, sizeof command);
  read_exactly(fd, answer, RESULT_HEAD_BYTES);
  uint32_t length = get32(answer + 1);
  if (answer[0] != RESULT_PACKET || get32(answer + 5) != 0 || length < RESULT_HEAD_BYTES || length > sizeof answer)
    fail("the server refuses to give its header");
  read_exactly(fd, answer + RESULT_HEAD_BYTES, length - RESULT_HEAD_BYTES);
  read_exactly(fd, answer, HEADER_BYTES);
  if (answer[0] != 1 || get32(answer + 1) != HEADER_BYTES) fail("the server's header is none of %d bytes", HEADER_BYTES);
  close(fd);
  return get64(answer + HEADER_BYTES - 8);
}

static void join(struct client *client) {
  unsigned char command[24];
  *client = (struct client){.fd = dial(port), .next = from};
  put64(command, START);
  put64(command + 8, STREAM_TYPE);
  put64(command + 16, from);
  say(client->fd, command, sizeof command);
  fcntl(client->fd, F_SETFL, O_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, client->fd, &event) != 0) fail("epoll: %s", strerror(errno));
}

static void leave(struct client *client) {
  close(client->fd);
  client->fd = -1;
  closed++;
  if (client->next >= to) done--;
}

static void take_entry(struct client *client, uint32_t length, uint64_t now) {
  uint64_t number = get64(client->packet + 9);
  if (number < client->next) {
    repeats++;
    return;
  }
  gaps += number - client->next;
  bool was_done = client->next >= to;
  client->next = number + 1;
  if (!was_done && client->next >= to) done++;
  if (client->entries++ == 0) with_entries++;
  if (first_entry_at == 0) first_entry_at = now;
  if ((client->next - from) % operation_entries != 0) return;
  if (length < KEPT_BYTES) fail("entry %llu is too short for a time", (unsigned long long)number);
  uint64_t stamp = get64(client->packet + ENTRY_HEAD_BYTES);
  if (stamp > now) fail("entry %llu comes from the future: the clocks differ", (unsigned long long)number);
  if (stamp >= counted_from) take_sample(now - stamp);
}

static void take_result(struct client *client) {
  uint32_t code = get32(client->packet + 5);
  if (code != 0) fail("the server answers Start with %u", code);
  if (client->told_ok) fail("the server says OK twice");
  client->told_ok = true;
  joined++;
}

/* Take bytes as they come: of each packet the beginning is kept, and looked at when it is complete. */
static void take(struct client *client, const unsigned char *bytes, size_t length, uint64_t now) {
  for (const unsigned char *end = bytes + length; bytes < end;) {
    if (client->left > 0) {
      size_t skipped = (size_t)(end - bytes) < client->left ? (size_t)(end - bytes) : client->left;
      bytes += skipped;
      client->left -= (uint32_t)skipped;
    } else {
      client->packet[client->kept++] = *bytes++;
      if (client->kept < PACKET_HEAD_BYTES) continue;
      uint32_t packet = get32(client->packet + 1);
      bool is_entry = client->packet[0] == ENTRY_PACKET;
      uint32_t head = is_entry ? ENTRY_HEAD_BYTES : RESULT_HEAD_BYTES;
      if ((!is_entry && client->packet[0] != RESULT_PACKET) || packet < head)
        fail("a packet of type %u and %u bytes came", client->packet[0], packet);
      if (client->kept < (packet < KEPT_BYTES ? packet : KEPT_BYTES)) continue;
      client->left = packet - client->kept;
    }
    if (client->left > 0 || client->kept == 0) continue;
    client->kept = 0;
    if (client->packet[0] == ENTRY_PACKET) take_entry(client, get32(client->packet + 1), now);
    else take_result(client);
  }
}

static void hear(struct client *client) {
  static unsigned char memory[READ_BYTES];
  ssize_t got = recv(client->fd, memory, sizeof memory, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    leave(client);
    return;
  }
  uint64_t now = monotonic();
  uint64_t since = client->heard > counted_from ? client->heard : counted_from;
  if (now > since && client->next < to && now - since > longest_pause) longest_pause = now - since;
  client->heard = now;
  take(client, memory, (size_t)got, now);
  if (counted_from == UINT64_MAX && with_entries == client_count && now >= first_entry_at + warm_up) counted_from = now;
}

/* The one line of standard input. */
static void take_line(void) {
  char line[64];
  ssize_t got = read(STDIN_FILENO, line, sizeof line - 1);
  if (got <= 0) exit(0);
  line[got] = '\0';
  if (strncmp(line, "to ", 3) != 0 || line[got - 1] != '\n') fail("a line `to NUMBER` was expected");
  line[got - 1] = '\0';
  to = number(line + 3);
  for (size_t i = 0; i < client_count; i++) done += clients[i].fd >= 0 && clients[i].next >= to;
  epoll_ctl(epoll, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
}

static void report(void) {
  uint64_t entries = 0, fewest = UINT64_MAX, now = monotonic();
  for (struct client *client = clients; client < clients + client_count; client++) {
    entries += client->entries;
    if (client->entries < fewest) fewest = client->entries;
    bool waits = client->fd >= 0 && client->next < to;
    uint64_t since = client->heard > counted_from ? client->heard : counted_from;
    if (waits && now > since && now - since > longest_pause) longest_pause = now - since;
  }
  sort_samples();
  printf("{\"samples\":%zu,\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f,", sample_count,
         quantile(0.5), quantile(0.9), quantile(0.99), quantile(0.999), quantile(1));
  printf("\"gaps\":%llu,\"repeats\":%llu,\"closed\":%zu,\"entries\":%llu,\"fewest\":%llu,\"pause\":%.1f}\n",
         (unsigned long long)gaps, (unsigned long long)repeats, closed, (unsigned long long)entries,
         (unsigned long long)fewest, (double)longest_pause / 1e3);
}

int main(int count, char **arguments) {
  if (count != 5) fail("usage: live PORT CLIENTS OPERATION_ENTRIES WARM_UP_MS");
  port = (uint16_t)number(arguments[1]);
  client_count = number(arguments[2]);
  operation_entries = number(arguments[3]);
  warm_up = number(arguments[4]) * 1000000;
  if (client_count == 0 || operation_entries == 0) fail("at least one client, and one entry in an operation");
  allow_connections(client_count);
  clients = calloc(client_count, sizeof *clients);
  if (clients == NULL) fail("no memory");
  epoll = epoll_create1(0);
  struct epoll_event input = {.events = EPOLLIN, .data.ptr = NULL};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &input) != 0) fail("standard input must be a pipe");

  from = ask_total_entries();
  for (bool told = false; to == UINT64_MAX || done + closed < client_count;) {
    while (dialled < client_count && dialled - joined - closed < MOST_JOINING) join(&clients[dialled++]);
    if (!told && joined == client_count) {
      printf("{\"from\":%llu}\n", (unsigned long long)from);
      fflush(stdout);
      told = true;
    }
    struct epoll_event events[EVENTS];
    bool must_come = joined < client_count || to != UINT64_MAX;
    int ready = epoll_wait(epoll, events, EVENTS, must_come ? PATIENCE_MS : -1);
    if (ready < 0 && errno != EINTR) fail("epoll: %s", strerror(errno));
    if (ready == 0 && joined < client_count) fail("only %zu of %zu clients were told OK", joined, client_count);
    if (ready == 0) break;
    for (int i = 0; i < ready; i++) {
      if (events[i].data.ptr == NULL) take_line();
      else hear(events[i].data.ptr);
    }
  }
  report();
  return 0;
}
