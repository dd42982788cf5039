/*{
  "ISFVSN": "2",
  "DESCRIPTION": "Beauty in Ruin comes in where people stand: doors of the Zones in every wall.",
  "INPUTS": [
    {"NAME": "amount", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.3},
    {"NAME": "west_south", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "west_middle", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "west_north", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "north", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "east_north", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "east_middle", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "east_south", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "west_voice",  "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "east_voice",  "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "glow", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "unveil", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0}
  ]
}*/
// Seen: broken doorways with rust and sodium light behind, burning along their edges; `amount`
// carries them over the walls. Voices push gold in from the west and sodium from the east;
// `glow` is the warm light on Elysia's plinth, and it spreads; `unveil` is the membrane's, which
// goes from the middle of the horizon through everything. Transparent elsewhere.
const vec3 GOLD = vec3(0.80, 0.46, 0.12);
const vec3 RUST = vec3(0.27, 0.062, 0.015);
const vec3 SODIUM = vec3(1.0, 0.40, 0.055);
const vec3 BLUE = vec3(0.05, 0.16, 0.42);
const float PLINTH = 0.19;

// How deep inside the doorway at `x`: positive within.
float door(vec2 p, float x, float open, float broken) {
    vec2 q = vec2(abs(p.x - x), p.y + 0.1);
    float d = length(vec2(q.x, max(q.y - 0.50, 0.0)));
    float spread = 1.8 * amount * amount * amount * amount;
    return (0.02 + 0.30 * open + spread * (0.4 + 0.6 * open)) - d + broken - 0.24 * (1.0 - open) * (1.0 - amount);
}

void main() {
    vec2 uv = isf_FragNormCoord;
    vec2 p = vec2(uv.x * 5.3333, uv.y);
    float t = TIME * 0.06;

    // Shattered plates: two skewed sawtooth fields break the edge into facets.
    vec2 s = vec2(p.x * 4.1 + p.y * 2.3, p.y * 4.7 - p.x * 1.9);
    vec2 plate = floor(s + 0.35 * sin(s.yx * 1.3));
    float chip = fract(sin(dot(plate, vec2(12.9898, 78.233))) * 437.585);
    float broken = 0.12 * (chip - 0.5) + 0.018 * sin(t * 4.0 + chip * 40.0);
    // Places round the room: the west wall from south to north, the horizon, the east wall.
    float within = max(door(p, 0.3556, west_south, broken), door(p, 0.8889, west_middle, broken));
    within = max(within, max(door(p, 1.4222, west_north, broken), door(p, 2.6667, north, broken)));
    within = max(within, max(door(p, 3.9111, east_north, broken), door(p, 4.4444, east_middle, broken)));
    within = max(within, door(p, 4.9778, east_south, broken));

    float grit = 0.5 + 0.5 * sin(p.x * 9.0 - p.y * 5.0 + 1.9 * sin(p.y * 6.0 - p.x * 3.0 - t * 2.0) + t * 3.0);
    float shaft = 0.5 + 0.5 * sin((p.x * 0.62 + p.y) * 6.0 + t * 2.0 + chip * 1.4);
    vec3 light = RUST * (0.12 + 0.9 * grit * grit) * (0.4 + 0.7 * chip);
    light += SODIUM * shaft * shaft * (0.04 + 0.22 * grit * chip);
    light += BLUE * 0.10 * (1.0 - grit) * chip * uv.y;
    vec2 seam = abs(fract(s + 0.35 * sin(s.yx * 1.3)) - 0.5);
    light *= 1.0 - 0.55 * smoothstep(0.46, 0.5, max(seam.x, seam.y));
    float rim = exp(-abs(within) * 44.0);
    light += SODIUM * rim * (0.9 + 0.5 * sin(t * 5.0 + p.x * 3.0)) * (0.35 + 0.65 * chip);
    float alpha = max(smoothstep(-0.004, 0.004, within), rim * 0.55);

    // The debate: each voice's colour reaches over from its own side.
    float curl = 0.30 * sin(p.y * 5.0 + t * 6.0) + 0.16 * sin(p.y * 11.0 - t * 9.0);
    float west = west_voice * smoothstep(0.5 + 3.1 * west_voice, 0.0, p.x + curl);
    float east = east_voice * smoothstep(0.5 + 3.1 * east_voice, 0.0, 5.3333 - p.x + curl);
    light = mix(light, GOLD * (0.20 + 0.75 * shaft * grit), 0.85 * west);
    light = mix(light, SODIUM * (0.16 + 0.75 * grit * shaft), 0.80 * east);
    light += vec3(1.0, 0.90, 0.74) * west * east * 1.2;
    alpha = max(alpha, max(west, east) * 0.85);

    // Elysia's light.
    float from = length(vec2((uv.x - PLINTH) * 5.3333, uv.y - 0.12));
    float warm = glow * exp(-from * (5.2 - 4.0 * glow)) * 1.2;
    light += vec3(1.0, 0.74, 0.40) * warm;
    alpha = max(alpha, min(1.0, warm * 0.8));

    // Orin's light, through the material and through every wall.
    vec2 m = vec2((uv.x - 0.5) * 5.3333, uv.y - 0.2);
    float reach = length(m);
    float through = smoothstep(0.0, 1.1, unveil * 4.0 - reach);
    float angle = atan(m.x, m.y);
    float rays = 0.5 + 0.3 * sin(angle * 13.0 + t * 2.0) + 0.2 * sin(angle * 29.0 - t * 3.0);
    float ray = through * (0.05 + 0.55 * rays * rays * (0.35 + 0.65 * grit) + 0.7 * exp(-reach * 2.2));
    light += vec3(1.0, 0.62, 0.24) * ray;
    alpha = max(alpha, through * min(1.0, 0.25 + ray));
    gl_FragColor = vec4(sqrt(1.0 - exp(-light * light / (light + 0.05) * 1.35)), alpha);
}
