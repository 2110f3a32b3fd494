/// The page as it is sent: one file, no build step, nothing from other hosts.
enum ConsolePage {
    static let html: [UInt8] = Array(text.utf8)

    private static let text = """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Suanpan</title>
        <style>
        body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1b1b1b; }
        table { border-collapse: collapse; width: 100%; }
        th, td { text-align: right; padding: .3rem .6rem; border-bottom: 1px solid #ddd; font-variant-numeric: tabular-nums; }
        th:first-child, td:first-child { text-align: left; }
        tbody tr { cursor: pointer; }
        tbody tr:focus, tbody tr:hover { background: #f3f6fa; }
        p { color: #555; }
        </style>
        <h1>Suanpan</h1>
        <p><a href="/docs">API</a></p>
        <p>Hours of accelerators, by the clock. <span id="time"></span></p>
        <h2>For sale in the next week</h2>
        <table id="market"><thead><tr><th>Product<th>Currency<th>Best bid<th>Best ask<th>Cheapest hour<th>Largest block</tr></thead><tbody></tbody></table>
        <h2 id="title"></h2>
        <table id="hours" hidden><thead><tr><th>Contract<th>State<th>Best bid<th>Best ask<th>Last<th>Volume</tr></thead><tbody></tbody></table>
        <p id="fault" role="alert"></p>
        <script>
        const show = value => value === null || value === undefined ? "–" : String(value);
        function row(body, cells, action) {
          const line = body.insertRow();
          for (const cell of cells) line.insertCell().textContent = show(cell);
          if (action) {
            line.tabIndex = 0;
            line.onclick = action;
            line.onkeydown = event => { if (event.key === "Enter") action(); };
          }
        }
        async function get(path) {
          const answer = await fetch(path);
          const body = await answer.json();
          if (!answer.ok) throw new Error(body.detail || answer.statusText);
          return body;
        }
        async function hours(product) {
          const list = await get("/v1/contracts?limit=48&product=" + encodeURIComponent(product));
          document.getElementById("title").textContent = product;
          const table = document.getElementById("hours");
          table.hidden = false;
          table.tBodies[0].replaceChildren();
          for (const c of list.data) row(table.tBodies[0], [c.symbol, c.status, c.best_bid, c.best_ask, c.last, c.volume]);
        }
        async function market() {
          try {
            const [time, list] = await Promise.all([get("/v1/time"), get("/v1/market")]);
            document.getElementById("time").textContent = "It is " + time.now + " (" + time.mode + " clock).";
            const body = document.getElementById("market").tBodies[0];
            body.replaceChildren();
            for (const line of list.data)
              row(body, [line.product, line.currency, line.best_bid, line.best_ask,
                line.cheapest_run && line.cheapest_run.average_price, line.largest_block], () => hours(line.product).catch(fault));
            document.getElementById("fault").textContent = "";
          } catch (error) { fault(error); }
        }
        function fault(error) { document.getElementById("fault").textContent = error.message; }
        market();
        setInterval(market, 10000);
        </script>
        </html>
        """
}
