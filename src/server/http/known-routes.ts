import type { FastifyInstance, FastifyRequest } from 'fastify'
import { HermesError } from '../../errors.js'

interface KnownRoute {
  readonly pattern: RegExp
  readonly methods: readonly string[]
}

/**
 * Remembers the routes that `app` gets from now on, for Fastify does not tell an unknown path from an unknown
 * method. Answers what to refuse a request with that no route took: 405 with `allow`, or 404.
 */
export function trackRoutes(
  app: FastifyInstance,
): (request: FastifyRequest) => { refusal: HermesError; allow: string | null } {
  const routes: KnownRoute[] = []
  app.addHook('onRoute', ({ url, method }) => {
    routes.push({ pattern: toPattern(url), methods: [method].flat() })
  })
  return (request) => {
    const [path = ''] = request.url.split('?', 1)
    const methods = [...new Set(routes.filter(({ pattern }) => pattern.test(path)).flatMap((route) => route.methods))]
    if (methods.length === 0 || methods.includes(request.method))
      return {
        refusal: new HermesError('not_found', `There is no ${request.method} ${path.slice(0, 128)}`),
        allow: null,
      }
    const allow = methods.sort().join(', ')
    return {
      refusal: new HermesError('method_not_allowed', `${path.slice(0, 128)} has ${allow}, not ${request.method}`),
      allow,
    }
  }
}

function toPattern(url: string): RegExp {
  const parts = url.split('/').map((part) => {
    if (part.startsWith(':')) return '[^/]+'
    if (part === '*') return '.*'
    return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  })
  return new RegExp(`^${parts.join('/')}$`)
}
