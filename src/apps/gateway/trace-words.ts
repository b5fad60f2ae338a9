/**
 * What spans say of a call, by the OpenTelemetry conventions for MCP and GenAI (semantic-conventions-genai,
 * status "development": the packages that hold these names are not stable yet), and our own words.
 */
export const words = {
  method: 'mcp.method.name',
  protocolVersion: 'mcp.protocol.version',
  session: 'mcp.session.id',
  resource: 'mcp.resource.uri',
  tool: 'gen_ai.tool.name',
  prompt: 'gen_ai.prompt.name',
  operation: 'gen_ai.operation.name',
  requestId: 'jsonrpc.request.id',
  status: 'rpc.response.status_code',
  transport: 'network.transport',
  errorType: 'error.type',
  server: 'gantry.server',
  outcome: 'gantry.outcome',
  attempts: 'gantry.attempts',
  attempt: 'gantry.attempt',
} as const
