import { createToolReader } from '../../core/projection/read-tools.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { GatewayError } from '../../contract/gateway-error.ts'
import { chatRoutes } from '../../contract/rest/chat.ts'
import type { ReadMessage } from '../../wire/message.ts'
import type { Route } from '../door/server.ts'
import type { ConfigEndpointsOptions } from './config.ts'
import { configEndpoints } from './config.ts'
import { createDescription } from './description.ts'
import type { Endpoint, ServeOptions } from './endpoint.ts'
import { createToolFinder } from './find-tool.ts'
import { llmEndpoints } from './llm.ts'
import { offerEndpoints } from './offers.ts'
import { createRelay } from './relay.ts'
import type { ServerEndpointsOptions } from './servers.ts'
import { serverEndpoints } from './servers.ts'
import { createRestTable } from './table.ts'
import { createToolPaths } from './tool-paths.ts'
import { createToolCall, toolEndpoints } from './tools.ts'

export interface RestOptions extends ServerEndpointsOptions, ConfigEndpointsOptions {
  readonly gateway: Gateway
  readonly read: ReadMessage
  readonly serve: ServeOptions
  /** Why a call is not taken at the moment; undefined when it is. */
  readonly refuse: (method: string) => GatewayError | undefined
  /** What other parts serve under the same prefixes. */
  readonly more?: readonly Endpoint[]
}

/** The REST addresses, every tool as an address of its own, and the pages that describe them. */
export function createRest(options: RestOptions): readonly Route[] {
  const { gateway, serve, more = [] } = options
  const project = createToolReader()
  const find = createToolFinder({ gateway, project })
  const relay = createRelay(options)
  const call = createToolCall({ gateway, find, relay })
  const endpoints = [
    ...configEndpoints(options),
    ...serverEndpoints(options),
    ...toolEndpoints({ gateway, project, find, relay }),
    ...offerEndpoints({ gateway, relay }),
    ...llmEndpoints(call),
    ...more,
  ]
  return [
    createRestTable(endpoints, serve),
    createToolPaths({ gateway, project, call, serve }),
    createDescription(gateway.version, [...endpoints.map(({ route }) => route), ...chatRoutes]),
  ]
}
