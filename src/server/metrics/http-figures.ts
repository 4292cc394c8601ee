import type { ErrorCode } from '../../errors.js'
import { Durations } from './distribution.js'
import type { Exposition, Sample } from './exposition.js'
import { ByLabel, Tally } from './tally.js'

/** A request that was answered. */
export interface AnsweredRequest {
  readonly method: string
  /** The pattern of the route; null where none took the request. */
  readonly route: string | null
  readonly status: number
  readonly ms: number
  readonly refusal: ErrorCode | null
}

class Answered {
  readonly seconds = new Durations()
  /** Of the first fault an alert must see the increase. */
  readonly statuses = new Tally('500')
}

/** What a listener counts of HTTP. */
export class HttpFigures {
  readonly routes = new ByLabel(() => new Answered())
  readonly refusals = new Tally()

  answered({ method, route, status, ms, refusal }: AnsweredRequest): void {
    const answered = this.routes.of(route === null ? 'none' : `${method} ${route}`)
    answered.seconds.observeMs(ms)
    answered.statuses.add(String(status))
    if (refusal !== null) this.refused(refusal)
  }

  /** A request was refused, perhaps before it was one. */
  refused(code: ErrorCode): void {
    this.refusals.add(code)
  }
}

/** Every listener under its name. */
export function exposeHttp(exposition: Exposition, listeners: Readonly<Record<string, HttpFigures>>): void {
  const all = <T>(samples: (figures: HttpFigures) => Iterable<Sample<T>>): readonly Sample<T>[] =>
    Object.entries(listeners).flatMap(([listener, figures]) =>
      [...samples(figures)].map(([labels, value]) => [[listener, ...labels], value] as const),
    )
  exposition.counter(
    {
      name: 'hermes_http_requests_total',
      help: 'Requests answered, by listener, route (none where there is no such route) and status.',
      labels: ['listener', 'route', 'status'],
    },
    () =>
      all(({ routes }) =>
        [...routes].flatMap(([route, { statuses }]) =>
          [...statuses].map(([status, count]) => [[route, status], count] as const),
        ),
      ),
  )
  exposition.histogram(
    {
      name: 'hermes_http_request_seconds',
      help: 'Time of a request until its answer was sent; GET /events waits for events.',
      labels: ['listener', 'route'],
    },
    () => all(({ routes }) => routes.samples(({ seconds }) => seconds)),
  )
  exposition.counter(
    {
      name: 'hermes_refusals_total',
      help: 'Requests refused, by listener and code; upgrades too, but no frames.',
      labels: ['listener', 'code'],
    },
    () => all(({ refusals }) => refusals.samples),
  )
}
