/* Times that were taken, all of them kept. */
#ifndef SAMPLES_H
#define SAMPLES_H

#include "wire.h"

/* Times in units of 100 ns, each in 32 bits. */
static uint32_t *samples;
static size_t sample_count, sample_room;

static inline void take_sample(uint64_t nanoseconds) {
  if (sample_count == sample_room) {
    sample_room = sample_room == 0 ? 1 << 20 : 2 * sample_room;
    samples = realloc(samples, sample_room * sizeof *samples);
    if (samples == NULL) fail("no memory");
  }
  uint64_t units = nanoseconds / 100;
  samples[sample_count++] = units > UINT32_MAX ? UINT32_MAX : (uint32_t)units;
}

static inline int ascending(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static inline void sort_samples(void) {
  if (sample_count > 0) qsort(samples, sample_count, sizeof *samples, ascending);
}

/* In µs. The samples must be sorted. */
static inline double quantile(double part) {
  return sample_count == 0 ? 0 : samples[(size_t)(part * (double)(sample_count - 1) + 0.5)] / 10.0;
}

#endif
