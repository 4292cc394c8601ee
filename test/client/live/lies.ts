import type { AnyFrame, Fields, Lie } from './lying-hub.js'

/** Frames of one kind are told otherwise. */
export function about(fits: (event: Fields) => boolean, tell: (event: Fields) => readonly Fields[]): Lie {
  return (frame) =>
    frame.method === 'event' && frame.params && fits(frame.params)
      ? tell(frame.params).map((params) => ({ ...frame, params }))
      : [frame]
}
export const ofType = (type: string) => (event: Fields) => event.type === type
export const saying = (payload: string) => (event: Fields) => event.payload === payload
export const changed = (type: string, change: (event: Fields) => Fields): Lie =>
  about(ofType(type), (event) => [{ ...event, ...change(event) }])

/** An answer is told otherwise. */
export const answering =
  (method: string, change: (result: Fields) => Fields): Lie =>
  (frame, asked) =>
    asked === method && frame.result ? [{ ...frame, result: { ...frame.result, ...change(frame.result) } }] : [frame]

export const all =
  (...lies: readonly Lie[]): Lie =>
  (frame, asked) =>
    lies.reduce<readonly (AnyFrame | string)[]>(
      (frames, lie) => frames.flatMap((one) => (typeof one === 'string' ? [one] : lie(one, asked))),
      [frame],
    )
