/** Clients pass over members they do not know; tests do not: whatever an object has must be named. */
export function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, inner]) => [key, /^examples?$/.test(key) ? inner : closed(inner)])
  const object = Object.fromEntries(entries) as Record<string, unknown>
  const isObject = object.type === 'object' && object.additionalProperties === undefined
  return isObject ? { ...object, additionalProperties: false } : object
}
