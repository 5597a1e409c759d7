/*
 * sendfile FILE FROM TO
 *
 * Listens on a port of this machine, prints {"port": PORT}, and sends bytes FROM up to TO of the file to everyone who says
 * something, by sendfile(2), in a thread each: the least that a server of a file can do. Ends when its standard input does.
 */
#include "wire.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/sendfile.h>

static int file;
static off_t from, to;

static void *serve(void *argument) {
  int fd = (int)(intptr_t)argument;
  char question[1024];
  if (recv(fd, question, sizeof question, 0) > 0) {
    off_t at = from;
    while (at < to && sendfile(fd, file, &at, (size_t)(to - at)) > 0) {
    }
  }
  close(fd);
  return NULL;
}

static int listen_anywhere(void) {
  int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  struct sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, SOMAXCONN) != 0 ||
      getsockname(fd, (struct sockaddr *)&address, &length) != 0)
    fail("listen: %s", strerror(errno));
  printf("{\"port\":%u}\n", ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

int main(int count, char **arguments) {
  if (count != 4) fail("usage: sendfile FILE FROM TO");
  signal(SIGPIPE, SIG_IGN);
  file = open(arguments[1], O_RDONLY);
  if (file < 0) fail("%s: %s", arguments[1], strerror(errno));
  from = (off_t)number(arguments[2]);
  to = (off_t)number(arguments[3]);

  struct pollfd waited[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = listen_anywhere(), .events = POLLIN}};
  for (;;) {
    if (poll(waited, 2, -1) < 0) fail("poll: %s", strerror(errno));
    if (waited[0].revents != 0) return 0;
    int fd = accept(waited[1].fd, NULL, NULL);
    if (fd < 0) continue;
    pthread_t thread;
    if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) != 0) fail("a thread could not be made");
    pthread_detach(thread);
  }
}
