import { gauge, type ServiceContext, total } from '@datastreamer/service'
import { Counter, Gauge } from 'prom-client'
import type { FollowStatus } from './follow/follow-status.ts'
import type { Upstream } from './upstream/upstream.ts'

/** Show how following goes. */
export function observeFollower(
  metrics: ServiceContext['metrics'],
  status: FollowStatus,
  upstreams: readonly Upstream[],
): void {
  const registers = [metrics]
  new Gauge({
    name: 'datastreamer_relay_upstream_connected',
    help: '1 for the upstream that is followed, 0 for the others',
    labelNames: ['upstream'],
    registers,
    collect() {
      for (const upstream of upstreams) this.set({ upstream: upstream.name }, upstream === status.upstream ? 1 : 0)
    },
  })
  new Counter({
    name: 'datastreamer_relay_upstream_failures_total',
    help: 'Connections to upstreams that were lost, and attempts that failed',
    labelNames: ['upstream'],
    registers,
    collect() {
      this.reset()
      for (const [upstream, failures] of Object.entries(status.failures)) this.inc({ upstream }, failures)
    },
  })
  const help = 'Entries that the upstream has and the relay has not'
  gauge(metrics, 'datastreamer_relay_behind_entries', help, () => {
    return status.lag === undefined ? undefined : Number(status.lag)
  })
  const since = 'Time since an entry came from upstream'
  gauge(metrics, 'datastreamer_relay_last_entry_age_seconds', since, () => status.secondsSinceEntry)
  const apart = 'Time since an upstream was followed; 0 while one is'
  gauge(metrics, 'datastreamer_relay_disconnected_seconds', apart, () => status.disconnectedMs / 1000)
  const refused = '1 while upstreams answer but have another stream, or one that was truncated'
  gauge(metrics, 'datastreamer_relay_refused', refused, () => (status.refusal === undefined ? 0 : 1))
  total(metrics, 'datastreamer_relay_reconnects_total', 'Connections after the first one', () => status.reconnects)
  total(metrics, 'datastreamer_relay_entries_total', 'Entries received from upstream', () => status.entries)
}
