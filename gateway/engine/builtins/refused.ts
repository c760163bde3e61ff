/**
 * OPA's built-ins that no policy of the gateway may call, and why. A decision must be a function of what the gateway has collected and recorded, so
 * that it can be explained, tested and asked again; it must not wait for anybody.
 */
export const refusedBuiltins: ReadonlyMap<string, string> = new Map([
  ['http.send', 'a decision cannot wait for the network; let the gateway collect the fact and read it from input, or put it into data'],
  ['net.lookup_ip_addr', 'a decision cannot wait for DNS; compare addresses with the net.cidr built-ins'],
  [
    'opa.runtime',
    'it would show the configuration and the environment of the process to policies; what a policy may know is in input and data',
  ],
  ['rego.parse_module', 'a policy has no use for the source of another one in a request; regate policy check and inspect read policies'],
]);
