import type { Access } from '../../core/access/access.ts'
import { sendEmpty } from '../door/answers.ts'
import type { Route } from '../door/server.ts'
import type { MetricsFacts } from './facts.ts'
import { printMetrics } from './print-metrics.ts'

/** `GET /metrics`, for Prometheus. */
export function createMetrics(facts: (access: Access) => MetricsFacts): Route {
  return ({ request, response, path, access }) => {
    if (path !== '/metrics') return false
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      sendEmpty(response, 405, ['Allow', 'GET'])
      return true
    }
    const page = Buffer.from(printMetrics(facts(access)))
    response.writeHead(200, [
      'Content-Type',
      'text/plain; version=0.0.4; charset=utf-8',
      'Content-Length',
      String(page.length),
      'Cache-Control',
      'no-store',
    ])
    response.end(page)
    return true
  }
}
