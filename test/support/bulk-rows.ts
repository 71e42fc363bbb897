/** Rows of every kind, in an order in which each refers to what stands before it or in the same batch; eight of the lines can't be taken. */
export const ROWS = `{"kind":"type","id":"folder"}
{"kind":"type","id":"post","actions":["view","change","publish"],"mode":"both"}
{"kind":"user","username":"alice","email":"a@example.com","attributes":{"d":"x"}}
{"kind":"user","username":"root","superuser":true}
{"kind":"user","id":"r2","username":"root"}
{"kind":"user","username":"eve","password":"correct horse battery"}
{"kind":"service","id":"billing"}
{"kind":"group","id":"staff","description":"All of us"}
{"kind":"group","id":"all"}
{"kind":"role","id":"reader","rules":["post:view",{"permission":"post:change","condition":{"resource.a":1}}]}
{"kind":"role","id":"chief","includes":["reader"]}
{"kind":"object","type":"post","id":"1","parent":"folder:b","attributes":{"s":"t\\\\\\"\\n"}}
{"kind":"object","type":"folder","id":"a"}
{"kind":"object","type":"folder","id":"b","parent":"folder:a"}
{"kind":"object","type":"folder","id":"c","parent":"folder:c"}
{"kind":"object","type":"folder","id":"d","parent":"folder:nope"}
{"kind":"membership","group":"staff","member":"user:alice"}
{"kind":"membership","group":"all","member":"group:staff"}
{"kind":"membership","group":"staff","member":"group:all"}
{"kind":"membership","group":"staff","member":"service:billing","fromProvider":true}
{"kind":"assignment","subject":"group:staff","role":"chief","object":"folder:a","expiresAt":"2099-01-01T00:00:00Z"}
{"kind":"grant","subject":"user:alice","permission":"post:view","object":"post:1"}
{"kind":"grant","subject":"user:alice","permission":"post:view","object":"post:1"}
{"kind":"grant","subject":"user:alice","permission":"post:view"}
{"kind":"grant","subject":"user:alice","permission":"post:change","object":"folder:a","effect":"deny","fields":["a"],"condition":{"resource.x":"\\\\t"}}
{"kind":"grant","subject":"user:zed","permission":"post:view","object":"post:1"}
{"kind":"grant","subject":"user:alice","permission":"post:fly"}
not json
`;

/** The rejects of {@link ROWS}, as line and code. */
export const REJECTED: readonly (readonly [number, string])[] = [
  [5, 'already_exists'],
  [6, 'invalid_request'],
  [15, 'cycle'],
  [16, 'unknown_reference'],
  [19, 'cycle'],
  [26, 'unknown_reference'],
  [27, 'unknown_reference'],
  [28, 'malformed_request'],
];
