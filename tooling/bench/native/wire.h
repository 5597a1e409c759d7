/* What the measuring programs share: numbers as they go over the wire, the clock, connections, and ends. */
#ifndef WIRE_H
#define WIRE_H

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Say why on the standard error output, and end. */
__attribute__((noreturn, format(printf, 1, 2))) static inline void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  exit(1);
}

/* Nanoseconds of the clock that process.hrtime() of Node shows too. */
static inline uint64_t monotonic(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static inline uint32_t get32(const unsigned char *at) {
  uint32_t value;
  memcpy(&value, at, sizeof value);
  return be32toh(value);
}

static inline uint64_t get64(const unsigned char *at) {
  uint64_t value;
  memcpy(&value, at, sizeof value);
  return be64toh(value);
}

static inline void put64(unsigned char *at, uint64_t value) {
  value = htobe64(value);
  memcpy(at, &value, sizeof value);
}

/* An argument that must be a whole number. */
static inline uint64_t number(const char *text) {
  char *end;
  errno = 0;
  uint64_t value = strtoull(text, &end, 10);
  if (errno != 0 || end == text || *end != '\0') fail("%s is no number", text);
  return value;
}

/* Let this process have so many connections. */
static inline void allow_connections(uint64_t connections) {
  rlim_t files = connections + 64;
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= files) return;
  if (limit.rlim_max < files) limit.rlim_max = files; /* root may */
  limit.rlim_cur = files;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
    fail("%llu connections are more than the limit of open files (ulimit -Hn)", (unsigned long long)connections);
}

static inline struct sockaddr_in loopback(uint16_t port) {
  return (struct sockaddr_in){
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* A connection to a port of this machine. Closed, it gives its own port back at once, not after a minute. */
static inline int dial(uint16_t port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  if (fd < 0) fail("socket: %s", strerror(errno));
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct sockaddr_in address = loopback(port);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) fail("connect: %s", strerror(errno));
  return fd;
}

/* For what fits into any socket's buffer. */
static inline void say(int fd, const unsigned char *bytes, size_t length) {
  if (send(fd, bytes, length, MSG_NOSIGNAL) != (ssize_t)length) fail("send: %s", strerror(errno));
}

#endif
