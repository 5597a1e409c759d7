/*
 * count PORT CONNECTIONS BYTES HEX
 *
 * Connects so often, says the bytes that HEX stands for on each connection at the same moment, and reads BYTES from each,
 * in a thread each, into memory that is used again and again. Prints
 * {"seconds": from the first that spoke to the last byte of all, "bytes": of all}.
 */
#include "wire.h"
#include <pthread.h>

enum { READ_BYTES = 256 * 1024, MOST_SAID = 1024 };

static unsigned char said[MOST_SAID];
static size_t said_length;
static uint64_t wanted;
static pthread_barrier_t all_connected;

struct connection {
  pthread_t thread;
  int fd;
  uint64_t began, ended;
};

static void *receive(void *argument) {
  struct connection *connection = argument;
  char *memory = malloc(READ_BYTES);
  if (memory == NULL) fail("no memory");
  pthread_barrier_wait(&all_connected);
  connection->began = monotonic();
  say(connection->fd, said, said_length);
  for (uint64_t left = wanted; left > 0;) {
    ssize_t got = recv(connection->fd, memory, left < READ_BYTES ? left : READ_BYTES, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("recv: %s", strerror(errno));
    if (got == 0) fail("the connection was closed %llu bytes early", (unsigned long long)left);
    left -= (uint64_t)got;
  }
  connection->ended = monotonic();
  free(memory);
  return NULL;
}

static size_t from_hex(const char *text) {
  size_t length = strlen(text) / 2;
  if (length == 0 || length > MOST_SAID) fail("1 to %d bytes can be said", MOST_SAID);
  for (size_t i = 0; i < length; i++)
    if (sscanf(text + 2 * i, "%2hhx", &said[i]) != 1) fail("%s is not hexadecimal", text);
  return length;
}

int main(int count, char **arguments) {
  if (count != 5) fail("usage: count PORT CONNECTIONS BYTES HEX");
  uint16_t port = (uint16_t)number(arguments[1]);
  size_t connections = number(arguments[2]);
  wanted = number(arguments[3]);
  said_length = from_hex(arguments[4]);
  if (connections == 0) fail("at least one connection");
  allow_connections(connections);

  struct connection *all = calloc(connections, sizeof *all);
  if (all == NULL) fail("no memory");
  pthread_barrier_init(&all_connected, NULL, (unsigned)connections);
  for (size_t i = 0; i < connections; i++) all[i].fd = dial(port);
  for (size_t i = 0; i < connections; i++)
    if (pthread_create(&all[i].thread, NULL, receive, &all[i]) != 0) fail("a thread could not be made");

  uint64_t began = UINT64_MAX, ended = 0;
  for (size_t i = 0; i < connections; i++) {
    pthread_join(all[i].thread, NULL);
    if (all[i].began < began) began = all[i].began;
    if (all[i].ended > ended) ended = all[i].ended;
  }
  printf("{\"seconds\":%.9f,\"bytes\":%llu}\n", (double)(ended - began) / 1e9,
         (unsigned long long)(wanted * connections));
  free(all);
  return 0;
}
