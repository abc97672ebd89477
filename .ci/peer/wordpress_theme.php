<?php
// A page of the peers' board: title and text, as any theme shows them.
while (have_posts()) {
    the_post();
    echo '<!DOCTYPE html><html><head><meta charset="utf-8"><title>';
    the_title();
    echo '</title></head><body><h1>';
    the_title();
    echo '</h1>';
    the_content();
    echo '</body></html>';
}
