import type { BusMeter, Dropped } from '../../bus/meter.js'
import { Durations } from './distribution.js'
import type { Exposition } from './exposition.js'
import { Tally } from './tally.js'

/** What the bus between nodes counts. */
export class BusFigures implements BusMeter {
  readonly lags = new Durations()
  readonly messages = new Tally('sent', 'received')
  readonly drops = new Tally('away', 'full', 'invalid')

  sent(): void {
    this.messages.add('sent')
  }

  received(): void {
    this.messages.add('received')
  }

  dropped(why: Dropped): void {
    this.drops.add(why)
  }

  lagged(ms: number): void {
    this.lags.observeMs(ms)
  }

  expose(exposition: Exposition): void {
    exposition.histogram(
      {
        name: 'hermes_bus_lag_seconds',
        help: 'Time until NATS answered, behind all that was on its way in both directions; asked about once a second.',
      },
      () => [[[], this.lags]],
    )
    exposition.counter(
      {
        name: 'hermes_bus_messages_total',
        help: 'Messages to other nodes, and of other nodes, through NATS.',
        labels: ['direction'],
      },
      () => this.messages.samples,
    )
    exposition.counter(
      {
        name: 'hermes_bus_dropped_total',
        help: 'Those that were not sent since NATS was away or too slow, or that were no message of a node, or a repeat.',
        labels: ['reason'],
      },
      () => this.drops.samples,
    )
  }
}
