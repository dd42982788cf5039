/*{
  "ISFVSN": "2",
  "DESCRIPTION": "The Art of Resilience: a polished, symmetrical arcade over all walls. Closed.",
  "INPUTS": [
    {"NAME": "splendour", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.8},
    {"NAME": "recoil", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "drain",  "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "split",  "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0}
  ]
}*/
// Seen: nested golden arches on emerald lacquer, mirrored about the middle of the room. `recoil`
// draws it back into the dark, `drain` leaves thin white, `split` parts it down the middle.
const vec3 GOLD = vec3(0.72, 0.42, 0.10);
const vec3 EMERALD = vec3(0.008, 0.125, 0.070);
const vec3 PEARL = vec3(0.92, 0.88, 0.80);
const float BAYS = 6.0;

void main() {
    vec2 uv = isf_FragNormCoord;
    float t = TIME * 0.06;
    float from_middle = abs(uv.x - 0.5);
    float parted = from_middle - 0.085 * split * (1.0 + 0.25 * sin(uv.y * 9.0) + 0.12 * sin(uv.y * 23.0));
    float shrink = 1.0 + 0.85 * recoil;
    vec2 p = vec2(parted * 5.3333, uv.y - 0.46) * shrink;

    // One bay: mirrored again about its own axis.
    float wide = 5.3333 / BAYS;
    float bay = floor(p.x / wide + 0.5);
    vec2 b = vec2(abs(p.x - bay * wide), p.y + 0.40);
    float d = b.y > 0.36 ? length(vec2(b.x, (b.y - 0.36) * 0.86)) : b.x;

    // Nested arches: gold lines with lacquer between them.
    float rings = d * 20.0;
    float nest = floor(rings);
    float band = abs(fract(rings) - 0.5);
    float thick = 0.06 + 0.05 * fract(nest * 0.618);
    float inside = smoothstep(0.415, 0.400, d);
    float line = smoothstep(thick, thick * 0.35, 0.5 - band) * inside;

    // A highlight travels slowly over the polish, mirrored too.
    float gloss = 0.5 + 0.5 * sin(p.x * 1.3 - t * 3.0 + p.y * 2.0);
    gloss *= gloss * gloss;
    float depth = 1.0 - smoothstep(0.0, 0.42, d);
    float silk = 0.5 + 0.5 * sin(nest * 1.7 + b.y * 7.0 + 1.2 * sin(b.y * 4.0 - t * 2.0) + bay);
    vec3 light = EMERALD * (0.22 + 0.85 * silk * silk) * (0.35 + 1.1 * depth + 0.9 * gloss) * inside;
    light += PEARL * silk * silk * silk * depth * depth * 0.24 * inside;
    light += GOLD * line * (0.40 + 1.6 * gloss + 0.5 * depth);

    // Between the arches: fine rays and a jewel.
    vec2 j = vec2(wide * 0.5 - b.x, b.y - 0.70);
    float span = length(j);
    float ray = 0.5 + 0.5 * cos(atan(j.x, j.y) * 24.0);
    float outside = 1.0 - inside;
    light += GOLD * ray * ray * ray * outside * smoothstep(0.36, 0.04, span) * (0.25 + 0.6 * gloss);
    light += PEARL * (exp(-span * 46.0) * 1.4 + smoothstep(0.006, 0.0, abs(span - 0.062)) * 0.5) * outside;
    // The heart of each arch.
    vec2 h = vec2(b.x, b.y - 0.36);
    float petal = length(h) * (1.0 + 0.28 * cos(atan(h.x, h.y) * 8.0));
    light += mix(GOLD, PEARL, 0.45) * exp(-petal * 15.0) * 1.5;
    // Plinth course and cornice.
    float course = smoothstep(0.008, 0.002, abs(p.y + 0.405)) + smoothstep(0.006, 0.001, abs(p.y - 0.475));
    light += GOLD * course * (0.4 + gloss);
    light *= step(-0.40, p.y) + 0.30 * smoothstep(-0.62, -0.40, p.y);

    // Recoil: the far ends darken first.
    float held = smoothstep(1.02 - 0.5 * recoil, 0.55 - 0.5 * recoil, from_middle * 1.7 + abs(p.y) * 0.25 * recoil);
    light *= mix(1.0, held, min(1.0, recoil * 1.5)) * (1.0 - 0.35 * recoil);
    float grey = dot(light, vec3(0.2126, 0.7152, 0.0722));
    light = mix(light, vec3(0.92, 0.97, 1.05) * (grey * 0.9 + 0.02 * inside * held), drain);
    float kept = mix(1.0, smoothstep(0.0, 0.004, parted), min(1.0, split * 20.0));
    float lip = split * exp(-abs(parted) * 130.0);
    light = light * kept * (0.10 + 1.15 * splendour) + vec3(1.0, 0.40, 0.055) * lip * 1.2;
    gl_FragColor = vec4(sqrt(1.0 - exp(-light)), 1.0);
}
