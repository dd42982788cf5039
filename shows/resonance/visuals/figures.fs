/*{
  "ISFVSN": "2",
  "DESCRIPTION": "The awakening: each visitor a bright figure in the picture, of both worlds' matter.",
  "INPUTS": [
    {"NAME": "amount", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.7},
    {"NAME": "pulse",  "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "west_1", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "west_2", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "west_3", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "east_1", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "east_2", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "east_3", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "touched", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "pressed", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0}
  ]
}*/
// Seen: upright figures woven of light, one before each place where somebody stands, larger
// ones for hands on the heap (`touched`) and on the membrane (`pressed`, on the horizon). A
// `pulse` travels through all of them. Transparent between the figures.
const vec3 GOLD = vec3(0.90, 0.54, 0.16);
const vec3 EMERALD = vec3(0.03, 0.42, 0.24);
const vec3 SODIUM = vec3(1.0, 0.42, 0.07);
const vec3 PEARL = vec3(1.0, 0.93, 0.82);

// Distance to an upright body at `x`: head, shoulders, a hem that trails off.
float figure(vec2 p, float x, float tall) {
    vec2 q = vec2(p.x - x, p.y) / tall;
    float sway = 0.014 * sin(q.y * 7.0 + TIME * 0.35 + x * 3.0);
    q.x = abs(q.x + sway);
    float head = length((q - vec2(0.0, 0.80)) * vec2(1.15, 1.0)) - 0.062;
    float y = clamp(q.y, 0.0, 0.72);
    float round = clamp((q.y - 0.56) / 0.15, 0.0, 1.0);
    float wide = 0.088 + 0.030 * smoothstep(0.34, 0.60, y) + 0.040 * smoothstep(0.34, 0.0, y);
    wide *= sqrt(1.0 - 0.93 * round * round);
    float body = max(q.x - wide, q.y - 0.715);
    float h = clamp(0.5 + (body - head) / 0.06, 0.0, 1.0);
    return (mix(body, head, h) - 0.03 * h * (1.0 - h)) * tall;
}

void main() {
    vec2 uv = isf_FragNormCoord;
    vec2 p = vec2(uv.x * 5.3333, uv.y);
    float t = TIME * 0.08;
    // Only the nearest figures matter here: three places a wall, and the two of the middle.
    float wall = floor(uv.x * 3.0);
    float third = floor(fract(uv.x * 3.0) * 3.0);
    float here, x = (wall + 0.2 + 0.3 * third) * 1.7778, tall = 0.86;
    // West wall: south to north from left to right; east wall: north to south.
    if (wall == 0.0) here = third == 0.0 ? west_1 : third == 1.0 ? west_2 : west_3;
    else if (wall == 2.0) here = third == 0.0 ? east_3 : third == 1.0 ? east_2 : east_1;
    else {
        tall = 1.0;
        if (p.x > 2.85) { x = 3.25; here = touched; } else { x = 2.45; here = pressed; }
    }
    here *= amount;
    float d = figure(p, x, tall);
    float inside = smoothstep(0.012, -0.012, d);
    float weave = sin(p.y * 60.0 + 5.0 * sin(p.x * 14.0 + t * 3.0) - t * 12.0);
    float warp = sin((p.x - x) * 90.0 + 4.0 * sin(p.y * 11.0 - t * 4.0));
    float thread = 0.5 + 0.25 * weave + 0.25 * warp;
    float both = smoothstep(-0.5, 0.5, sin(p.y * 7.0 - t * 6.0 + (p.x - x) * 9.0));
    vec3 matter = mix(mix(EMERALD, GOLD, 0.35 + 0.65 * thread), mix(SODIUM, GOLD, 0.4), both);
    float beat = 1.0 + 1.1 * pulse * (0.6 + 0.4 * sin(p.y * 5.0 - t * 10.0));
    vec3 light = matter * inside * (0.18 + 0.95 * thread * thread) * here * beat * smoothstep(-0.1, 0.45, p.y);
    light += PEARL * exp(-abs(d) * 60.0) * 0.34 * here * beat;
    float aura = exp(-max(d, 0.0) * 9.0) * smoothstep(0.235, 0.06, abs(p.x - x));
    light += mix(GOLD, SODIUM, both) * aura * 0.24 * here * beat;

    // Between them: a ground of light that the pulse raises.
    float ground = exp(-uv.y * (9.0 - 5.0 * pulse));
    light += GOLD * ground * amount * (0.05 + 0.40 * pulse) * (0.75 + 0.25 * sin(p.x * 6.0 + 2.0 * sin(p.x * 2.3 + t)));
    float alpha = clamp(max(light.r, light.g) * 2.0 + inside * here * 0.75, 0.0, 1.0);
    gl_FragColor = vec4(sqrt(1.0 - exp(-light * 1.5)), alpha);
}
