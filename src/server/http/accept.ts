interface Range {
  readonly type: string
  readonly quality: number
}

/**
 * The media type of `offers` that an `Accept` header likes best; the first one when it likes several alike,
 * names none of them, or is absent [RFC 9110 12.5.1].
 */
export function negotiate<T extends string>(accept: string | undefined, offers: readonly [T, ...T[]]): T {
  const [first] = offers
  if (accept === undefined) return first
  const ranges = accept.split(',').map(parseRange)
  const qualities = offers.map((offer) => ({ offer, quality: qualityOf(offer, ranges) }))
  return qualities.reduce((best, next) => (next.quality > best.quality ? next : best)).offer
}

function parseRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
  return { type, quality: quality === undefined ? 1 : Number(quality) || 0 }
}

/** The most specific range decides. */
function qualityOf(offer: string, ranges: readonly Range[]): number {
  const [group = ''] = offer.split('/', 1)
  for (const type of [offer, `${group}/*`, '*/*']) {
    const range = ranges.find((candidate) => candidate.type === type)
    if (range !== undefined) return range.quality
  }
  return 0
}
