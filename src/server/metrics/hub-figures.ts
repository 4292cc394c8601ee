import type { HubMeter, Rescued } from '../../hub/meter.js'
import type { Gap } from '../../wire/events.js'
import { AGES, Distribution, Durations, NUMBERS } from './distribution.js'
import type { Exposition } from './exposition.js'
import { Tally } from './tally.js'

/** What the hub counts, whatever its clients connect with. */
export class HubFigures implements HubMeter {
  readonly events = new Tally('message')
  readonly offers = new Durations()
  readonly acknowledgements = new Durations()
  readonly waiting = new Distribution(NUMBERS)
  readonly ages = new Distribution(AGES)
  readonly signatures = new Tally('good', 'bad')
  readonly gaps = new Tally('retention', 'restored')
  readonly ends = new Durations()
  readonly rescues = new Tally('events', 'memberships', 'notices', 'connections', 'standing')
  readonly given = { live: 0, log: 0, again: 0 }
  full = 0

  committed(type: string): void {
    this.events.add(type)
  }

  offered(ms: number): void {
    this.offers.observeMs(ms)
  }

  gave(isLive: boolean): void {
    if (isLive) this.given.live += 1
    else this.given.log += 1
  }

  gaveAgain(): void {
    this.given.again += 1
  }

  acknowledged(ms: number): void {
    this.acknowledgements.observeMs(ms)
  }

  held(): void {
    this.full += 1
  }

  gap(reason: Gap['reason']): void {
    this.gaps.add(reason)
  }

  connected(waiting: number): void {
    this.waiting.observe(waiting)
  }

  caughtUp(oldest: number): void {
    this.ages.observe(Math.max(0, Date.now() - oldest) / 1000)
  }

  verified(isGood: boolean): void {
    this.signatures.add(isGood ? 'good' : 'bad')
  }

  ended(ms: number): void {
    this.ends.observeMs(ms)
  }

  rescued(what: Rescued, count: number): void {
    this.rescues.add(what, count)
  }

  expose(exposition: Exposition): void {
    exposition.counter(
      {
        name: 'hermes_events_total',
        help: 'Events stored, by type: messages, and each step of invitations and memberships.',
        labels: ['type'],
      },
      () => this.events.samples,
    )
    exposition.counter(
      {
        name: 'hermes_signature_verify_total',
        help: 'Signatures of invitations that were verified.',
        labels: ['result'],
      },
      () => this.signatures.samples,
    )
    exposition.histogram(
      {
        name: 'hermes_revocation_kick_seconds',
        help: 'Time from a certificate or account that is good no more until its connections were ended.',
      },
      () => [[[], this.ends]],
    )
    exposition.counter(
      {
        name: 'hermes_poll_rescued_total',
        help: 'What other nodes did, was not heard of, and was found in the store.',
        labels: ['what'],
      },
      () => this.rescues.samples,
    )
    this.#exposeDelivery(exposition)
    this.#exposeMailboxes(exposition)
  }

  #exposeDelivery(exposition: Exposition): void {
    exposition.histogram(
      {
        name: 'hermes_delivery_offer_seconds',
        help: 'Time from a stored event until it was offered to every connection that may see it.',
      },
      () => [[[], this.offers]],
    )
    exposition.histogram(
      {
        name: 'hermes_delivery_ack_seconds',
        help: 'Time from an event written to a connection until its client acknowledged it; of one event at a time for each.',
      },
      () => [[[], this.acknowledgements]],
    )
    exposition.counter(
      {
        name: 'hermes_events_given_total',
        help: 'Events of conversations given to connections: live as they were stored, or later from the log.',
        labels: ['from'],
      },
      () => [
        [['live'], this.given.live],
        [['log'], this.given.log],
      ],
    )
    exposition.counter(
      { name: 'hermes_redelivered_total', help: 'Those that the device had been given before.' },
      () => [[[], this.given.again]],
    )
    exposition.counter({ name: 'hermes_slow_total', help: 'Windows of connections that became full.' }, () => [
      [[], this.full],
    ])
    exposition.counter(
      {
        name: 'hermes_gap_total',
        help: 'Gaps that clients were told of, by reason: events that the log holds no more.',
        labels: ['reason'],
      },
      () => this.gaps.samples,
    )
  }

  #exposeMailboxes(exposition: Exposition): void {
    exposition.histogram(
      {
        name: 'hermes_mailbox_depth',
        help: 'Events that waited for a device when it connected, in conversations its user is a member of.',
      },
      () => [[[], this.waiting]],
    )
    exposition.histogram(
      {
        name: 'hermes_mailbox_oldest_seconds',
        help: 'Age of the oldest event of those conversations that a device was given after it connected.',
      },
      () => [[[], this.ages]],
    )
  }
}
