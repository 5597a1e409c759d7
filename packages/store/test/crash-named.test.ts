import { expect, test } from 'vitest'
import { type HistoryOptions, playHistory } from './sim/history.ts'

test.each<[string, HistoryOptions]>([
  [
    'a truncation cut short after a commit of another program',
    { seed: 5019, fsync: 'interval', death: 'power', faults: 0, lives: 3, crashAt: 37 },
  ],
  [
    'a truncation torn in the middle of its header',
    { seed: 2019, fsync: 'interval', death: 'power', faults: 0, lives: 3, crashAt: 70 },
  ],
  [
    'a truncation that failed, before the next commits',
    { seed: 1001, fsync: 'never', death: 'power', faults: 0.06, lives: 3, crashAt: 9 },
  ],
  [
    'a sync of the commit log that failed, before the next commits',
    { seed: 3025, fsync: 'commit', death: 'power', faults: 0.02, lives: 3, crashAt: 49 },
  ],
  [
    'bookmarks of another program after a commit of which nobody knew whether it was written',
    { seed: 300010, fsync: 'commit', death: 'process', faults: 0.02, lives: 1, slow: 0.4, crashAt: 27 },
  ],
  [
    'the same after a truncation, and in two deaths of the recovery',
    { seed: 991007, fsync: 'commit', death: 'power', faults: 0.06, lives: 3, slow: 0.4, crashAt: 154 },
  ],
  [
    'a bit that flips beside an update in place that a crash interrupts',
    { seed: 7100004, fsync: 'interval', death: 'power', faults: 0, lives: 1, rot: 0.8, reopens: true, crashAt: 34 },
  ],
  [
    'a note of an update that only memory had, for its sync had failed, and the update done all the same',
    { seed: 500009, fsync: 'interval', death: 'power', faults: 0.06, lives: 3, rot: 0.8, crashAt: 46 },
  ],
  [
    'a bit that flips beside a truncation that a crash interrupts',
    { seed: 500064, fsync: 'interval', death: 'process', rot: 0.8, crashAt: 22 },
  ],
  [
    'a bit that flips in a record, before a header that is torn',
    { seed: 8000029, fsync: 'commit', death: 'process', faults: 0.02, lives: 3, rot: 0.8, reopens: true, crashAt: 52 },
  ],
  [
    'a bit that flips in the only commit, which was durable',
    {
      seed: 600019,
      fsync: 'commit',
      death: 'power',
      faults: 0.02,
      lives: 3,
      slow: 0.4,
      rot: 0.8,
      reopens: true,
      crashAt: 1,
    },
  ],
  [
    'a bit that flips in a commit that was durable, before a header that is torn',
    { seed: 32686639, fsync: 'commit', death: 'power', faults: 0.02, lives: 3, slow: 0.4, rot: 0.8, crashAt: 37 },
  ],
  [
    'a bit that flips in what was not synced, before a process is killed',
    { seed: 7100004, fsync: 'interval', death: 'process', faults: 0, lives: 1, rot: 0.8, reopens: true, crashAt: 24 },
  ],
  [
    'a crash while damage is marked: the mark is one aligned word, and is there whole or not at all',
    {
      seed: 11000019,
      fsync: 'interval',
      death: 'process',
      faults: 0,
      lives: 3,
      slow: 0.4,
      rot: 0.8,
      reopens: true,
      crashAt: 4,
    },
  ],
  [
    'a store that died while it was opening its files anew, and does not go on with that beside the next one',
    { seed: 13000001, fsync: 'commit', death: 'process', faults: 0.06, lives: 3, reopens: true, crashAt: 23 },
  ],
  [
    'a page that memory forgets between two reads of it while a store is opened',
    {
      seed: 17000003,
      fsync: 'interval',
      death: 'process',
      faults: 0.06,
      lives: 3,
      slow: 0.4,
      forgets: 0.5,
      crashAt: 21,
    },
  ],
  [
    'the middle of an entry that a failed sync has lost, marked as damaged while a store is opened that dies of it',
    {
      seed: 19000043,
      fsync: 'interval',
      death: 'process',
      faults: 0.06,
      lives: 3,
      slow: 0.4,
      forgets: 0.5,
      crashAt: 36,
    },
  ],
  [
    'a truncation in a page that memory has and a failed sync has lost',
    { seed: 21000053, fsync: 'interval', death: 'process', faults: 0.1, lives: 3, forgets: 0.5, crashAt: 17 },
  ],
  [
    'a page that memory forgets between two reads of it while a store is opened on a full disk',
    { seed: 31000043, fsync: 'interval', death: 'process', faults: 0.1, lives: 3, slow: 0.4, forgets: 0.5, crashAt: 4 },
  ],
  [
    'a checkpoint whose sync failed and took the newest records with it, and a bit that flips in what is before them',
    {
      seed: 32000039,
      fsync: 'interval',
      death: 'power',
      faults: 0.06,
      lives: 3,
      slow: 0.4,
      rot: 0.8,
      reopens: true,
      crashAt: 32,
    },
  ],
  [
    'a bit that flips in the checkpoint after a truncation, and a header that is torn some commits later',
    {
      seed: 34000059,
      fsync: 'commit',
      death: 'power',
      faults: 0,
      lives: 3,
      slow: 0.4,
      rot: 0.8,
      reopens: true,
      crashAt: 52,
    },
  ],
])('what once went wrong: %s', async (_name, history) => {
  expect(await playHistory(history)).toBeGreaterThan(0)
})
