import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { setNonce } from "get-nonce";
import { Kind, parse } from "graphql";
import { createClient } from "graphql-ws";
import { useEffect, useMemo, useState } from "react";
import { createRoot } from "react-dom/client";
import "graphiql/style.css";
import "./ide.css";

const page = JSON.parse(document.getElementById("page").textContent);
setNonce(page.nonce);

const url = new URL(page.graphql, location.href);
const socketUrl = new URL(url);
socketUrl.protocol = url.protocol.replace("http", "ws");

const KEPT = "hub:token";

// GraphiQL notes a little late which operations a tab has: who is quick runs the one of the tab before.
function settled(fetcher) {
  return (params, options) => {
    const documentAST = parse(params.query);
    const operations = documentAST.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
    const names = operations.map(({ name }) => name?.value);
    const operationName = names.includes(params.operationName) ? params.operationName : names[0];
    return fetcher({ ...params, operationName }, { ...options, documentAST });
  };
}

// One socket for each token: who the reader is, is said when it opens.
function useFetcher(token) {
  const authorization = token ? { Authorization: `Bearer ${token}` } : {};
  const wsClient = useMemo(
    () => createClient({ url: socketUrl.href, lazy: true, connectionParams: authorization }),
    [token],
  );
  useEffect(() => () => void wsClient.dispose(), [wsClient]);
  return useMemo(() => {
    const headers = authorization;
    return settled(createGraphiQLFetcher({ url: url.href, headers, wsClient, enableIncrementalDelivery: false }));
  }, [wsClient]);
}

function Bar({ token, onToken }) {
  return (
    <header className="hub-bar">
      <strong>Engagement Hub</strong>
      <label>
        Token
        <input
          type="password"
          autoComplete="off"
          spellCheck={false}
          value={token}
          placeholder="none: you read what is public"
          onChange={(event) => onToken(event.target.value.trim())}
        />
      </label>
      <span className={token ? "hub-who hub-known" : "hub-who"}>{token ? "sent with each operation" : "anonymous"}</span>
      <nav>
        <a href={page.schema}>Schema</a>
      </nav>
    </header>
  );
}

function Ide() {
  const [token, setToken] = useState(() => sessionStorage.getItem(KEPT) ?? "");
  const fetcher = useFetcher(token);
  useEffect(() => sessionStorage.setItem(KEPT, token), [token]);
  return (
    <>
      <Bar token={token} onToken={setToken} />
      <main className="hub-ide">
        <GraphiQL
          fetcher={fetcher}
          defaultTabs={page.examples}
          defaultEditorToolsVisibility="variables"
          shouldPersistHeaders={false}
        >
          <GraphiQL.Logo> </GraphiQL.Logo>
        </GraphiQL>
      </main>
    </>
  );
}

createRoot(document.getElementById("ide")).render(<Ide />);
