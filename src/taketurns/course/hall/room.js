// Moves the rooms that room.py has drawn: what did not change since the last frame is left alone.
// hall.js stands behind it in the one module that a page gets.

const SVG = "http://www.w3.org/2000/svg";
const HER_MOVE = 1, YOUR_MOVE = 2, THINKS = 3; // as in tables.py

// --- what happens when, as tables.py says it ---

/** Give how many of the sorted times have come. */
function come(times, now) {
  let low = 0, high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= now) low = middle + 1;
    else high = middle;
  }
  return low;
}

const at = ([times, values], now) => values[Math.max(come(times, now) - 1, 0)];

function clock(seconds) {
  const whole = Math.floor(seconds + 1e-9), two = (number) => String(number).padStart(2, "0");
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/** Give the game that a board has come to after so many half-moves, and how many of them are in it. */
function seat(games, board, count) {
  let number = board % games.length;
  while (count > games[number].positions.length) {
    count -= games[number].positions.length;
    number = (number + 1) % games.length;
  }
  return { game: games[number], count };
}

const START = "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR";
const position = ({ game, count }) => (count ? game.positions[count - 1] : START);
/** Give the 64 squares of a position, each with its piece or a space. */
const squares = (placement) => [...placement.replaceAll("/", "").replace(/\d/g, (digit) => " ".repeat(digit))];

function sentence(room, now, states, here) {
  if (now >= room.end) return room.last;
  if (here.length > 1 && room.team) return `${here.length} masters are at the boards.`;
  if (here.length > 1) return `She is at ${here.length} boards at once: there are ${here.length} of her.`;
  if (here.length) return `She is at ${room.names[here[0]]}.`;
  return states.includes(THINKS) && !states.includes(YOUR_MOVE) ? "She waits for a reply." : "She is at no board.";
}

/** Say the move that was made last: `17. Rd8#`, `17… Nxb8`. */
function lastMove({ game, count }) {
  if (!count) return "before the first move";
  const move = game.moves[count - 1];
  return move ? `${Math.ceil(count / 2)}${count % 2 ? "." : "…"} ${move}` : "the pieces are set up for a new game";
}

// --- the pictures ---

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function use(href, x, y) {
  const element = document.createElementNS(SVG, "use");
  for (const [name, value] of Object.entries({ href, x, y })) element.setAttribute(name, value);
  return element;
}

/** Give a room: `show(now)` moves it, and says in `boards` what stands on them. */
function makeRoom(plan, room, picture, open) {
  const element = document.createElement("div");
  element.className = "room";
  element.innerHTML = picture;
  const svg = element.firstElementChild, find = (name) => svg.querySelector(`.${name}`);
  const [clockText, moves, moved, said] = ["clock", "moves", "moved", "said"].map(find);
  const masters = find("masters"), total = room.moves.reduce((sum, times) => sum + times.length, 0);
  const [blue, red] = ["#1f6fb8", "#b03020"];
  svg.setAttribute("role", "group");
  const boards = [...svg.querySelectorAll(".table")].map((table, number) => {
    table.setAttribute("tabindex", 0);
    table.setAttribute("role", "button");
    table.addEventListener("click", () => open(number));
    table.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      open(number);
    });
    const pieces = table.querySelector(".pieces");
    pieces.replaceChildren(); // from now on each is remembered with its square
    const mark = table.querySelector(".state"), on = Array(64).fill(" "), uses = Array(64).fill(null);
    return { table, pieces, mark, on, uses, made: -1, state: -1 };
  });

  function movePieces(board, number, made) {
    board.made = made;
    board.seat = seat(plan.games, number, made);
    const next = squares(position(board.seat));
    next.forEach((piece, square) => {
      if (piece === board.on[square]) return;
      board.uses[square]?.remove();
      board.uses[square] = piece === " " ? null
        : board.pieces.appendChild(use(`#${room.prefix}${piece}`, (square % 8) * 10, Math.floor(square / 8) * 10));
    });
    board.on = next;
  }

  function moveMasters(places) {
    while (masters.children.length > places.length) masters.lastChild.remove();
    while (masters.children.length < places.length) masters.append(use(`#${room.prefix}master`, 0, 0));
    places.forEach((place, number) => {
      const [x, y] = room.stands[place], way = `translate(${x}px, ${y}px)`;
      if (masters.children[number].style.transform !== way) masters.children[number].style.transform = way;
    });
  }

  function show(now) {
    boards.forEach((board, number) => {
      const made = come(room.moves[number], now), state = at(room.changes[number], now);
      if (made !== board.made) movePieces(board, number, made);
      if (state === board.state) return;
      board.state = state;
      board.mark.setAttribute("href", `#${room.prefix}s${state}`);
      board.table.setAttribute("aria-label", `${room.names[number]}: ${plan.states[state]}`);
    });
    const states = boards.map((board) => board.state);
    const here = [...states.keys()].filter((number) => states[number] === HER_MOVE);
    moveMasters(here.length ? here : [at(room.walk, now)]);
    const made = boards.map((board) => board.made);
    put(clockText, clock(now));
    put(moves, `moves: ${made.reduce((sum, one) => sum + one, 0)} of ${total}`);
    put(moved, `boards that have moved on: ${made.filter(Boolean).length} of ${made.length}`);
    put(said, sentence(room, now, states, here));
    said.setAttribute("fill", here.length > 1 && !room.team ? red : blue);
  }

  /** Tell in words what is seen. */
  function describe() {
    const words = `${room.label || "The hall"} at ${clockText.textContent} of simulated time. ${said.textContent} ` +
      `${moved.textContent}; ${moves.textContent}.`;
    svg.setAttribute("aria-label", words);
    return words;
  }
  return { element, boards, show, describe };
}

/** Give the board that is shown large: `open(room, number)` shows it, and once more closes it. */
function makeLarge(plan, rooms) {
  const element = document.createElement("section");
  element.className = "large";
  element.hidden = true;
  element.setAttribute("aria-label", "the board that was chosen");
  element.innerHTML = `<svg viewBox="0 0 80 80" aria-hidden="true"></svg>
    <div><h3></h3><p class="players"></p><p class="move"></p><button>close</button></div>`;
  const [svg, title, players, move] = ["svg", "h3", ".players", ".move"].map((name) => element.querySelector(name));
  let shown = null, made = -1;

  function close() {
    rooms[shown.room].boards[shown.number].table.setAttribute("aria-expanded", false);
    shown = null;
    element.hidden = true;
  }

  function open(room, number) {
    const again = shown && shown.room === room && shown.number === number;
    if (shown) close();
    if (again) return;
    shown = { room, number };
    made = -1;
    element.hidden = false;
    rooms[room].boards[number].table.setAttribute("aria-expanded", true);
    show();
    element.scrollIntoView({ block: "nearest" });
  }

  /** Mark the squares on which the last move changed something. */
  function marks(seat) {
    const now = squares(position(seat)), before = squares(position({ ...seat, count: Math.max(seat.count - 1, 0) }));
    const changed = [...now.keys()].filter((square) => now[square] !== before[square]);
    return changed.map((square) => `M${(square % 8) * 10} ${Math.floor(square / 8) * 10}h10v10h-10z`).join("");
  }

  function show() {
    if (!shown) return;
    const { boards } = rooms[shown.room], board = boards[shown.number], room = plan.rooms[shown.room];
    put(title, `${room.names[shown.number]}: ${plan.states[board.state]}`);
    if (made === board.made) return;
    made = board.made;
    put(players, board.seat.game.title);
    put(move, lastMove(board.seat));
    const pieces = board.pieces.cloneNode(true), mark = document.createElementNS(SVG, "path");
    pieces.removeAttribute("transform");
    mark.setAttribute("d", board.seat.game.moves[board.seat.count - 1] ? marks(board.seat) : "");
    mark.setAttribute("fill", "#f0a03088");
    svg.replaceChildren(use(`#${room.prefix}board`, 0, 0), mark, pieces);
  }

  element.querySelector("button").addEventListener("click", () => {
    const { table } = rooms[shown.room].boards[shown.number];
    close();
    table.focus(); // and not nowhere
  });
  const describe = () => (shown ? `${title.textContent}. ${players.textContent}. ${move.textContent}.` : "");
  return { element, open, show, describe };
}
