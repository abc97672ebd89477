<?php
// Takes an upload. A name that it does not like it refuses with 200 and a page that says so. A file
// `lose-WORD` or `drop-WORD` makes it die of the next upload that says this word: after it was taken,
// or before.
header('Content-Type: text/html; charset=utf-8');
$taken = getenv('TAKEN') ?: $_SERVER['TAKEN'];
$file = $_FILES['upload'] ?? null;
if (!$file || $file['error']) {
    http_response_code(400);
    exit('<title>Fehler</title>There is no file');
}
$name = basename($file['name']);
if (!preg_match('/^DS[VP]\d{9}_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d(_F\d{3}[CE])?\.xml$/', $name)) {
    exit('<title>Fehler</title>The name is not valid: ' . htmlspecialchars($name));
}
$words = file_get_contents($file['tmp_name']);
function dies(string $when): bool
{
    global $taken, $words;
    foreach (glob("$taken/$when-*") as $marked) {
        if (str_contains($words, substr(basename($marked), strlen($when) + 1))) {
            unlink($marked);
            return true;
        }
    }
    return false;
}
if (dies('drop')) {
    posix_kill(getmypid(), 9);
}
move_uploaded_file($file['tmp_name'], "$taken/$name");
file_put_contents("$taken/uploads", "$name\n", FILE_APPEND | LOCK_EX);
if (dies('lose')) {
    posix_kill(getmypid(), 9);
}
echo '<title>OK</title>Taken: ' . htmlspecialchars($name);
