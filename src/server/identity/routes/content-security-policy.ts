/** Nothing from elsewhere: the pages work offline and tell nobody that they are read. */
export const CONTENT_SECURITY_POLICY = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'font-src': ["'self'", 'data:'],
  'connect-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
}

/** The same as the value of its header field. */
export function policyText(): string {
  return Object.entries(CONTENT_SECURITY_POLICY)
    .map(([name, sources]) => `${name} ${[sources].flat().join(' ')}`)
    .join('; ')
}
